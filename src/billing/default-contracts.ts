// Contracts for what nobody wrote one for: every customer gets a bill, by the defaults.

import type { ByteLayer } from "../model/byte-layer.ts";
import type { Contract } from "../model/contract.ts";
import type { Labels } from "../model/network.ts";
import type { KnownNetwork } from "./interval-series.ts";

/**
 * `contracts` and, after them, one with the defaults for each label `customer` of `networks` that no contract is about, by
 * customer; a network without that label is its own customer, by its name, for as long as it has none. `byteLayer` is that
 * of the account.
 */
export function withDefaultContracts(
  contracts: readonly Contract[],
  networks: readonly KnownNetwork[],
  byteLayer: ByteLayer,
): Contract[] {
  const known = new Set(contracts.map(({ customer }) => customer));
  const labelled = new Set(networks.filter(({ labels }) => "customer" in labels).map(({ name }) => name));
  const selectors = new Map<string, Contract>();
  for (const { name, labels } of networks) {
    const { customer } = labels;
    if (customer !== undefined && known.has(customer)) continue;
    const selector = customer === undefined ? ofItself(name, labelled.has(name)) : { customer };
    selectors.set(JSON.stringify(selector), { ...DEFAULT_TERMS, customer: customer ?? name, selector, byteLayer });
  }
  const added = [...selectors.values()].sort((a, b) =>
    a.customer < b.customer ? -1 : Number(a.customer > b.customer),
  );
  return [...contracts, ...added];
}

/** An empty value matches what has no such label. */
function ofItself(network: string, isLabelledAtTimes: boolean): Labels {
  return isLabelledAtTimes ? { network, customer: "" } : { network };
}

/** The defaults of `[[contract]]`. */
export const DEFAULT_TERMS = {
  name: null,
  timeZone: "UTC",
  starts: null,
  ends: null,
  percentilePerMille: 950,
  direction: "max_of_percentiles",
  aggregation: "percentile_of_sum",
  gaps: "zero",
  partialMonths: "whole_month",
  commitBps: null,
  rounding: null,
  price: null,
} as const;
