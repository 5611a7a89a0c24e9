// The bill of one contract in one period: every figure, from the usage alone. Pure, and cheap enough for a thousand bills
// in a second.

import { type Fraction, toNumber } from "../lib/fraction.ts";
import type { Contract } from "../model/contract.ts";
import { BILLING_INTERVAL_MS } from "../model/time.ts";
import type { Bill } from "./bill.ts";
import { type BilledIntervals, billedIntervals } from "./billed-intervals.ts";
import { type BillPeriod, monthText } from "./bill-period.ts";
import { chargeOf } from "./charge.ts";
import { countAbove, exactSum, maximum, total } from "./columns.ts";
import type { Usage } from "./interval-series.ts";
import { gapsOf, type MonthGrid, monthGrid, partsOf } from "./month-grid.ts";
import { discardedOf } from "./percentile.ts";
import { type ProjectedRanks, projectedRanks } from "./projection.ts";
import { type RankedIntervals, rankedIntervals } from "./ranked-intervals.ts";
import { billableRate, bpsOf, bytesAt, overageBps } from "./rate.ts";

export interface BillInput {
  readonly contract: Contract;
  readonly period: BillPeriod;
  /** The series of `usageSelection(contract, period)`. */
  readonly usage: Usage;
}

export interface ComputedBill {
  /** Its status is `provisional`. */
  readonly bill: Bill;
  readonly grid: MonthGrid;
  /** What each interval of the grid is compared with the billed value by: bytes in, out, of both, or of the larger one. */
  readonly billedBytes: Float64Array;
  /** Whether the interval at an index was ranked: always, unless gaps are excluded. */
  readonly isRanked: (index: number) => boolean;
}

interface Work extends BillInput {
  readonly grid: MonthGrid;
  readonly ranked: RankedIntervals;
  readonly discarded: number;
  readonly projected: ProjectedRanks;
  readonly billed: BilledIntervals;
}

export function computeBill(input: BillInput): ComputedBill {
  const { contract, period, usage } = input;
  const grid = monthGrid(period, usage);
  const ranked = rankedIntervals(grid, contract.gaps);
  const counts = { elapsed: grid.present.length, ranked: ranked.count, perMille: contract.percentilePerMille };
  const projected = projectedRanks(period, counts);
  const discarded = discardedOf(ranked.count, contract.percentilePerMille);
  const ranks = { billed: discarded + 1, best: projected.best, worst: projected.worst };
  const billed = billedIntervals({ contract, grid, parts: partsOf(period, usage.series), ranked, ranks });
  const bill = billOf({ ...input, grid, ranked, discarded, projected, billed });
  return { bill, grid, billedBytes: billed.column, isRanked: ranked.has };
}

function billOf(work: Work): Bill {
  const { contract, period, billed } = work;
  const rate = billableRate(billed.bytes, contract.rounding);
  return {
    contract,
    period: monthText(period.month.period),
    status: "provisional",
    version: null,
    corrects: null,
    intervalsSha256: null,
    ...coverageOf(work),
    ...rankOf(work),
    ...billableOf(work, rate),
    ...trafficOf(work),
    ...commitOf(work, rate),
    charge: chargeOf(contract, rate, period),
    projection: projectionOf(work),
  };
}

type Coverage = "fromMs" | "toMs" | "intervalsExpected" | "intervalsObserved" | "coverage" | "gaps" | "completeness";

function coverageOf({ grid, usage }: Work): Pick<Bill, Coverage> {
  const length = grid.present.length;
  const expected = total(grid.expected);
  return {
    fromMs: grid.startMs,
    toMs: grid.startMs + length * BILLING_INTERVAL_MS,
    intervalsExpected: length,
    intervalsObserved: countAbove(grid.present, 0),
    coverage: expected === 0 ? 0 : total(grid.present) / expected,
    gaps: gapsOf(grid),
    completeness: usage.completeness,
  };
}

function rankOf({ ranked, discarded }: Work): Pick<Bill, "ranked" | "discarded" | "rank"> {
  return { ranked: ranked.count, discarded, rank: discarded + 1 };
}

type Billable = "p95InBytes" | "p95OutBytes" | "billableBytes" | "billableBps" | "billableDirection" | "billableAtMs";

function billableOf({ grid, billed }: Work, rate: Fraction): Pick<Bill, Billable> {
  return {
    p95InBytes: billed.figures.bytesIn,
    p95OutBytes: billed.figures.bytesOut,
    billableBytes: billed.bytes,
    billableBps: toNumber(rate),
    billableDirection: billed.direction,
    billableAtMs: billed.index === null ? null : grid.startMs + billed.index * BILLING_INTERVAL_MS,
  };
}

type Traffic = "averageInBps" | "averageOutBps" | "maxInBps" | "maxOutBps" | "totalBytesIn" | "totalBytesOut";

/** The average is of the ranked intervals, like the percentile; maximum and total are of everything that was observed. */
function trafficOf({ grid, ranked }: Work): Pick<Bill, Traffic> {
  const { bytesIn, bytesOut } = ranked.columns(grid);
  const averageBps = (column: Float64Array): number =>
    column.length === 0 ? 0 : bpsOf(Number(exactSum(column)) / column.length);
  return {
    averageInBps: averageBps(bytesIn),
    averageOutBps: averageBps(bytesOut),
    maxInBps: bpsOf(maximum(grid.bytesIn)),
    maxOutBps: bpsOf(maximum(grid.bytesOut)),
    totalBytesIn: exactSum(grid.bytesIn),
    totalBytesOut: exactSum(grid.bytesOut),
  };
}

type Commit = "commitBps" | "overageBps" | "intervalsAboveCommit" | "burstIntervalsLeft";

function commitOf({ contract, ranked, projected, billed }: Work, rate: Fraction): Pick<Bill, Commit> {
  const { commitBps } = contract;
  if (commitBps === null) {
    return { commitBps, overageBps: null, intervalsAboveCommit: null, burstIntervalsLeft: null };
  }
  const above = countAbove(ranked.column(billed.column), bytesAt(commitBps));
  return {
    commitBps,
    overageBps: overageBps(rate, commitBps),
    intervalsAboveCommit: above,
    burstIntervalsLeft: projected.discarded - above,
  };
}

function projectionOf({ period, billed }: Work): Bill["projection"] {
  if (period.isOver) return null;
  return { bestBps: bpsOf(billed.bestBytes), sameBps: bpsOf(billed.bytes), worstBps: bpsOf(billed.worstBytes) };
}
