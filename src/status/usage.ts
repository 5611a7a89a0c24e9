// Who used what so far, read from the ledger: /api/usage, the status page, `acct-agent status`. snake_case, a contract with other
// programs; additions allowed. Times are ISO 8601 UTC; bytes are those of the configured layer; bps is bytes x 8 / 300 s.

import type { Labels } from "../model/network.ts";

export interface UsageReport {
  /** When the ledger was read. */
  readonly as_of: string;
  /** Start of the billing interval that is running. */
  readonly interval_start: string;
  /** When the figures of the month were computed, which follows each billing interval; null while the first are being computed. */
  readonly figures_as_of: string | null;
  /** The busiest of the running interval first, then by name. */
  readonly networks: readonly NetworkUsage[];
  /** One for each contract, and by the defaults for everyone else with traffic: what `acct-agent report` says of this month. */
  readonly bills: readonly BillToDate[];
  readonly day: DayUsage;
}

export interface NetworkUsage {
  readonly name: string;
  readonly labels: Labels;
  /** Bytes of the billing interval that is running, as far as they are committed. */
  readonly interval_bytes_in: number;
  readonly interval_bytes_out: number;
  /** Null until it is computed. */
  readonly month: NetworkMonth | null;
}

/** By the time zone of the network's contract, or UTC; percentile and gaps as that contract says. */
export interface NetworkMonth {
  /** `2026-11`. */
  readonly period: string;
  readonly time_zone: string;
  readonly bytes_in: number;
  readonly bytes_out: number;
  readonly p95_in_bps: number;
  readonly p95_out_bps: number;
  readonly coverage: number;
}

export interface BillToDate {
  readonly customer: string;
  /** Of the contract, where a customer has several. */
  readonly name: string | null;
  readonly period: string;
  readonly time_zone: string;
  readonly networks: readonly string[];
  readonly bytes_in: number;
  readonly bytes_out: number;
  readonly p95_in_bps: number;
  readonly p95_out_bps: number;
  readonly billable_bps: number;
  readonly billable_direction: "in" | "out" | "both";
  /** What it comes to if nothing more passes, if the rest is as it was so far, and if the rest is at the maximum so far. */
  readonly projection: { readonly best_bps: number; readonly same_bps: number; readonly worst_bps: number } | null;
  /** This and the next four are null without a commit. */
  readonly commit_bps: number | null;
  readonly overage_bps: number | null;
  readonly intervals_above_commit: number | null;
  /** Intervals that may exceed the commit in the whole month, and how many of them are left. */
  readonly burst_intervals: number | null;
  readonly burst_intervals_left: number | null;
  readonly coverage: number;
  readonly completeness: number | null;
  readonly charge: { readonly currency: string; readonly amount: string } | null;
}

/** The last 24 hours in billing intervals, the running one last; columns of the same length. Null: not observed. */
export interface DayUsage {
  /** Of the first interval. */
  readonly start: string;
  readonly interval_seconds: number;
  /** Of all networks. The running interval's rate is over the part of it that is committed. */
  readonly in_bps: readonly (number | null)[];
  readonly out_bps: readonly (number | null)[];
  /** Of all interfaces, 0 to 1. */
  readonly completeness: readonly (number | null)[];
}

/** One network, as its page shows it beside its NetworkUsage and its month's intervals. */
export interface NetworkAddress {
  readonly address: string;
  readonly interface: string;
  /** Since it was first counted: the counters that are pushed. */
  readonly bytes_in: number;
  readonly bytes_out: number;
  /** End of the last window with traffic. */
  readonly last_active: string;
}
