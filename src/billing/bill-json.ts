// Bills as JSON: keys that other programs rely on. Keys may be added; none is renamed.

import type { Bill } from "./bill.ts";
import { contractJson } from "./contract-json.ts";
import { bpsOf } from "./rate.ts";
import type { ExactJson } from "./exact-json.ts";
import { exactJsonText } from "./exact-json-text.ts";

/** One bill. Times are ISO 8601 in UTC, bytes integers of one interval, rates numbers of bits a second; totals are exact. */
export function billJson(bill: Bill): Readonly<Record<string, ExactJson>> {
  return { ...identityJson(bill), ...coverageJson(bill), ...figuresJson(bill), ...commitJson(bill) };
}

/** `{"bills": [...]}`, indented, with a line feed at its end. */
export function billsJsonText(bills: readonly Bill[]): string {
  return `${exactJsonText({ bills: bills.map(billJson) })}\n`;
}

function identityJson(bill: Bill): Readonly<Record<string, ExactJson>> {
  return {
    customer: bill.contract.customer,
    name: bill.contract.name,
    period: bill.period,
    time_zone: bill.contract.timeZone,
    status: bill.status,
    version: bill.version,
    corrects: bill.corrects,
    from: isoTime(bill.fromMs),
    to: isoTime(bill.toMs),
  };
}

function coverageJson(bill: Bill): Readonly<Record<string, ExactJson>> {
  return {
    intervals_expected: bill.intervalsExpected,
    intervals_observed: bill.intervalsObserved,
    coverage: bill.coverage,
    gaps: bill.gaps.map(({ startMs, endMs }) => ({ from: isoTime(startMs), to: isoTime(endMs) })),
    completeness: bill.completeness,
    intervals_sha256: bill.intervalsSha256,
  };
}

function figuresJson(bill: Bill): Readonly<Record<string, ExactJson>> {
  return {
    ranked: bill.ranked,
    discarded: bill.discarded,
    rank: bill.rank,
    p95_in_bytes: bill.p95InBytes,
    p95_out_bytes: bill.p95OutBytes,
    billable_bytes: bill.billableBytes,
    p95_in_bps: bpsOf(bill.p95InBytes),
    p95_out_bps: bpsOf(bill.p95OutBytes),
    billable_bps: bill.billableBps,
    billable_direction: bill.billableDirection,
    billable_at: bill.billableAtMs === null ? null : isoTime(bill.billableAtMs),
    average_in_bps: bill.averageInBps,
    average_out_bps: bill.averageOutBps,
    max_in_bps: bill.maxInBps,
    max_out_bps: bill.maxOutBps,
    total_bytes_in: bill.totalBytesIn,
    total_bytes_out: bill.totalBytesOut,
  };
}

function commitJson(bill: Bill): Readonly<Record<string, ExactJson>> {
  const { projection, charge } = bill;
  return {
    commit_bps: bill.commitBps,
    overage_bps: bill.overageBps,
    intervals_above_commit: bill.intervalsAboveCommit,
    burst_intervals_left: bill.burstIntervalsLeft,
    charge: charge === null ? null : { currency: charge.currency, amount: charge.amount },
    projection:
      projection === null
        ? null
        : { best_bps: projection.bestBps, same_bps: projection.sameBps, worst_bps: projection.worstBps },
    contract: contractJson(bill.contract),
  };
}

function isoTime(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
