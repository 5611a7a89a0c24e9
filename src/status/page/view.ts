// What every page is made of, and what pages look up in it.

import type { NetworkRate, Status } from "../status.ts";
import type { BillToDate, NetworkUsage, UsageReport } from "../usage.ts";

export interface View {
  readonly status: Status;
  /** Null while the ledger is being read for the first time. */
  readonly usage: UsageReport | null;
}

/** A network with what is known of it. */
export interface ShownNetwork {
  readonly name: string;
  readonly rate: NetworkRate | null;
  readonly usage: NetworkUsage | null;
}

/** All networks, the busiest of the last window first, then those without a rate. */
export function networksOf({ status, usage }: View): readonly ShownNetwork[] {
  const used = new Map((usage?.networks ?? []).map((network) => [network.name, network]));
  const rated = new Set(status.networks.map(({ name }) => name));
  const first = status.networks.map((rate) => ({ name: rate.name, rate, usage: used.get(rate.name) ?? null }));
  const others = [...used.values()].filter(({ name }) => !rated.has(name));
  return [...first, ...others.map((network) => ({ name: network.name, rate: null, usage: network }))];
}

/** Whose network it is by its bills; null where no bill counts it. */
export function customerOf({ usage }: View, network: string): string | null {
  return usage?.bills.find(({ networks }) => networks.includes(network))?.customer ?? null;
}

/** How a contract stands to its commit. */
export type Standing = "within" | "near" | "over" | "lost";

const NEAR = 0.9;

/**
 * `lost`: the month's bill exceeds the commit even if nothing more passes. `over`: what there is so far does. `near`: less
 * than a tenth of the commit or of the burst budget is left, or the month exceeds it if it goes on like this.
 */
export function standingOf(bill: BillToDate): Standing {
  const { commit_bps: commit, billable_bps: billed, burst_intervals: burst, burst_intervals_left: left } = bill;
  if (commit === null) return "within";
  if (left !== null && left < 0) return "lost";
  if (billed > commit) return "over";
  const isSpent = burst !== null && left !== null && left < (1 - NEAR) * burst;
  return isSpent || billed >= NEAR * commit || (bill.projection?.same_bps ?? 0) > commit ? "near" : "within";
}
