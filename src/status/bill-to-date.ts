// Bills of the month that runs as /api/usage has them: the figures of `acct-agent report`, none computed anew.

import type { Bill } from "../billing/bill.ts";
import { bpsOf } from "../billing/rate.ts";
import type { BillToDate, NetworkMonth } from "./usage.ts";

type Figures = Pick<
  BillToDate,
  "period" | "time_zone" | "bytes_in" | "bytes_out" | "p95_in_bps" | "p95_out_bps" | "coverage"
>;

/** `networks`: those that the bill is made of. */
export function billToDate(bill: Bill, networks: readonly string[]): BillToDate {
  const { contract, projection } = bill;
  const { intervalsAboveCommit: above, burstIntervalsLeft: left } = bill;
  return {
    customer: contract.customer,
    name: contract.name,
    networks,
    ...figuresOf(bill),
    billable_bps: bill.billableBps,
    billable_direction: bill.billableDirection,
    projection: projection && {
      best_bps: projection.bestBps,
      same_bps: projection.sameBps,
      worst_bps: projection.worstBps,
    },
    commit_bps: bill.commitBps,
    overage_bps: bill.overageBps,
    intervals_above_commit: above,
    burst_intervals: above === null || left === null ? null : above + left,
    burst_intervals_left: left,
    completeness: bill.completeness,
    charge: bill.charge && { currency: bill.charge.currency, amount: bill.charge.amount },
  };
}

/** Of a bill of one network alone. */
export function networkMonth(bill: Bill): NetworkMonth {
  return figuresOf(bill);
}

function figuresOf(bill: Bill): Figures {
  return {
    period: bill.period,
    time_zone: bill.contract.timeZone,
    bytes_in: Number(bill.totalBytesIn),
    bytes_out: Number(bill.totalBytesOut),
    p95_in_bps: bpsOf(bill.p95InBytes),
    p95_out_bps: bpsOf(bill.p95OutBytes),
    coverage: bill.coverage,
  };
}
