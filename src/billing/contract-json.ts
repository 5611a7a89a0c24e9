// Contracts as JSON: the keys of [[contract]] with every choice stated, so that a bill alone says by which contract it can
// be computed again (read back in contract-from-json.ts). What a contract has not is null.

import type { Contract } from "../model/contract.ts";
import { formatMbps } from "../model/contract-values.ts";
import type { ExactJson } from "./exact-json.ts";

export function contractJson(contract: Contract): Readonly<Record<string, ExactJson>> {
  const { customer, name, timeZone, starts, ends, commitBps, rounding } = contract;
  return {
    customer,
    name,
    labels: furtherLabels(contract),
    time_zone: timeZone,
    starts,
    ends,
    percentile: contract.percentilePerMille / 10,
    direction: contract.direction,
    aggregation: contract.aggregation,
    gaps: contract.gaps,
    partial_months: contract.partialMonths,
    byte_layer: contract.byteLayer,
    commit_mbps: commitBps === null ? null : formatMbps(commitBps),
    ...priceJson(contract.price),
    round_mbps: rounding === null ? null : formatMbps(rounding.stepBps),
    rounding: rounding === null ? null : rounding.mode,
  };
}

/**
 * Beside `customer`; a bill by the defaults for a network without a customer has its label `network` here, and `customer` as
 * an empty text where the network had one at other times.
 */
function furtherLabels({ selector }: Contract): Readonly<Record<string, ExactJson>> {
  return Object.fromEntries(Object.entries(selector).filter(([label, value]) => label !== "customer" || value === ""));
}

function priceJson(price: Contract["price"]): Readonly<Record<string, ExactJson>> {
  if (price === null) return { pricing: null, price_per_mbps: null, tiers: null, base_fee: null, currency: null };
  const { pricing, currency } = price;
  const tiers =
    pricing.kind === "flat"
      ? null
      : pricing.tiers.map((tier) => ({ above_mbps: formatMbps(tier.aboveBps), price_per_mbps: tier.pricePerMbps }));
  const flatPrice = pricing.kind === "flat" ? pricing.pricePerMbps : null;
  return { pricing: pricing.kind, price_per_mbps: flatPrice, tiers, base_fee: pricing.baseFee, currency };
}
