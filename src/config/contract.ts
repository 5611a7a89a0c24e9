// What a section [[contract]] means, with every default.

import type { ByteLayer } from "../model/byte-layer.ts";
import type { Contract, Pricing } from "../model/contract.ts";
import type { Settings } from "./schema.ts";

type ContractSettings = Settings["contract"][number];

/** `byteLayer` is that of the account: contracts can have no other. */
export function contractOf(settings: ContractSettings, byteLayer: ByteLayer): Contract {
  const { customer, round_mbps: stepBps, rounding: mode } = settings;
  return {
    customer,
    name: settings.name ?? null,
    selector: { customer, ...settings.labels },
    timeZone: settings.time_zone,
    starts: settings.starts ?? null,
    ends: settings.ends ?? null,
    percentilePerMille: settings.percentile,
    direction: settings.direction,
    aggregation: settings.aggregation,
    gaps: settings.gaps,
    partialMonths: settings.partial_months,
    byteLayer,
    commitBps: settings.commit_mbps ?? null,
    rounding: stepBps === undefined ? null : { stepBps, mode },
    price: settings.currency === undefined ? null : { pricing: pricingOf(settings), currency: settings.currency },
  };
}

function pricingOf({ pricing: kind, price_per_mbps: price, tiers = [], base_fee: baseFee }: ContractSettings): Pricing {
  if (kind === "flat") return { kind, pricePerMbps: price ?? "0", baseFee };
  return {
    kind,
    tiers: tiers.map((tier) => ({ aboveBps: tier.above_mbps, pricePerMbps: tier.price_per_mbps })),
    baseFee,
  };
}
