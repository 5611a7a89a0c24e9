// Reads a contract back from a bill. Unknown keys are refused: a key that this program does not know could change the bill.

import { z } from "zod";

import { BYTE_LAYERS } from "../model/byte-layer.ts";
import {
  AGGREGATIONS,
  type Contract,
  DIRECTIONS,
  GAP_POLICIES,
  PARTIAL_MONTHS,
  type Pricing,
  PRICINGS,
  ROUNDINGS,
  type Tier,
} from "../model/contract.ts";
import { isCurrency, isDate, isPrice, isTimeZone, parseMbps, parsePercentile } from "../model/contract-values.ts";
import type { Parsed } from "../model/prefix.ts";

/** A value that `parse` makes of what `schema` takes. */
function read<In, Out>(schema: z.ZodType<In>, parse: (value: In) => Out | null, problem: string) {
  return schema.transform((value, context): Out => {
    const result = parse(value);
    if (result !== null) return result;
    context.addIssue({ code: "custom", message: problem });
    return z.NEVER;
  });
}

const mbps = read(z.string(), parseMbps, "is not a decimal number of Mbps");
const price = z.string().refine(isPrice, "is not a decimal amount of money");
const date = z.string().refine(isDate, "is not a date YYYY-MM-DD");
const tier = z.strictObject({ above_mbps: mbps, price_per_mbps: price });

const schema = z.strictObject({
  customer: z.string(),
  name: z.string().nullable(),
  labels: z.record(z.string(), z.string()),
  time_zone: z.string().refine(isTimeZone, "is not a time zone that this runtime knows"),
  starts: date.nullable(),
  ends: date.nullable(),
  percentile: read(z.number(), (value) => parsePercentile(String(value)), "is not a percentile"),
  direction: z.enum(DIRECTIONS),
  aggregation: z.enum(AGGREGATIONS),
  gaps: z.enum(GAP_POLICIES),
  partial_months: z.enum(PARTIAL_MONTHS),
  byte_layer: z.enum(BYTE_LAYERS),
  commit_mbps: mbps.nullable(),
  pricing: z.enum(PRICINGS).nullable(),
  price_per_mbps: price.nullable(),
  tiers: z.array(tier).nullable(),
  base_fee: price.nullable(),
  currency: z.string().refine(isCurrency, "is not a currency that this runtime knows").nullable(),
  round_mbps: mbps.nullable(),
  rounding: z.enum(ROUNDINGS).nullable(),
});

type Stated = z.output<typeof schema>;

/** The contract that `contractJson` wrote; else what is wrong with it on one line, beginning with the key. */
export function contractFromJson(value: unknown): Parsed<Contract> {
  const parsed = schema.safeParse(value);
  if (!parsed.success) return { ok: false, problem: problemOf(parsed.error.issues[0]) };
  const prices = priceOf(parsed.data);
  if (!prices.ok) return prices;
  const roundings = roundingOf(parsed.data);
  if (!roundings.ok) return roundings;
  return { ok: true, value: { ...termsOf(parsed.data), rounding: roundings.value, price: prices.value } };
}

function termsOf(stated: Stated): Omit<Contract, "rounding" | "price"> {
  const { customer, labels } = stated;
  return {
    customer,
    name: stated.name,
    selector: labels["network"] === undefined ? { customer, ...labels } : labels,
    timeZone: stated.time_zone,
    starts: stated.starts,
    ends: stated.ends,
    percentilePerMille: stated.percentile,
    direction: stated.direction,
    aggregation: stated.aggregation,
    gaps: stated.gaps,
    partialMonths: stated.partial_months,
    byteLayer: stated.byte_layer,
    commitBps: stated.commit_mbps,
  };
}

function priceOf(stated: Stated): Parsed<Contract["price"]> {
  const { pricing: kind, base_fee: baseFee, currency } = stated;
  if (kind === null) {
    const priced = [stated.price_per_mbps, stated.tiers, baseFee, currency].some((part) => part !== null);
    return priced ? refuse("contract.pricing is missing beside a price") : { ok: true, value: null };
  }
  if (baseFee === null || currency === null) return refuse("contract.base_fee and contract.currency are missing");
  const pricing = pricingOf(kind, baseFee, stated);
  return pricing.ok ? { ok: true, value: { pricing: pricing.value, currency } } : pricing;
}

function pricingOf(kind: Pricing["kind"], baseFee: string, stated: Stated): Parsed<Pricing> {
  const { price_per_mbps: pricePerMbps, tiers: statedTiers } = stated;
  if (kind === "flat") {
    if (pricePerMbps === null || statedTiers !== null) {
      return refuse("contract.pricing is flat: it takes price_per_mbps, no tiers");
    }
    return { ok: true, value: { kind, pricePerMbps, baseFee } };
  }
  if (pricePerMbps !== null || statedTiers === null) {
    return refuse(`contract.pricing is ${kind}: it takes tiers, no price_per_mbps`);
  }
  const tiers = statedTiers.map((one) => ({ aboveBps: one.above_mbps, pricePerMbps: one.price_per_mbps }));
  if (!areAscending(tiers)) return refuse("contract.tiers do not begin above 0 Mbps or do not ascend");
  return { ok: true, value: { kind, tiers, baseFee } };
}

function areAscending(tiers: readonly Tier[]): boolean {
  return (
    tiers.every(({ aboveBps }, index) => aboveBps > (tiers[index - 1]?.aboveBps ?? -1)) && tiers[0]?.aboveBps === 0
  );
}

function roundingOf({ round_mbps: stepBps, rounding: mode }: Stated): Parsed<Contract["rounding"]> {
  if (stepBps === null && mode === null) return { ok: true, value: null };
  if (stepBps === null || mode === null || stepBps === 0) {
    return refuse("contract.round_mbps and contract.rounding do not go together");
  }
  return { ok: true, value: { stepBps, mode } };
}

function problemOf(issue: z.core.$ZodIssue | undefined): string {
  const path = ["contract", ...(issue?.path ?? [])].map(String).join(".");
  const message = issue?.message ?? "is not a contract";
  return `${path}: ${message.charAt(0).toLowerCase()}${message.slice(1)}`;
}

function refuse(problem: string): { ok: false; problem: string } {
  return { ok: false, problem };
}
