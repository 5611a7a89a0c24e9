// The series that a bill's charts show: each direction, and what was made of both where that is billed. Ranks are taken
// over the same intervals as the bill's.

import type { Bill } from "../bill.ts";
import { type Basis, columnOf } from "../billed-value.ts";
import type { MonthGrid } from "../month-grid.ts";
import { rankedIntervals } from "../ranked-intervals.ts";

export interface BilledSeries {
  readonly basis: Basis;
  /** `Out`, `In + out`. */
  readonly title: string;
  /** For each interval of the grid. */
  readonly bytes: Float64Array;
  /** Of the ranked intervals, descending: position `discarded` is the percentile. */
  readonly descending: Float64Array;
  /** The bill's figure of this series, bytes of an interval. */
  readonly percentileBytes: number;
  /** Whether this series, alone or with the other one, is what is billed. */
  readonly isBilled: boolean;
  /** 1 for each interval of the grid that is discarded; null where the bill does not rank this series. */
  readonly discarded: Uint8Array | null;
  /** Whether its intervals alone are compared with the commit. */
  readonly meetsCommit: boolean;
}

/** The billed one first where it is made of both directions; then in and out. */
export function billedSeries(bill: Bill, grid: MonthGrid): readonly BilledSeries[] {
  const { direction } = bill.contract;
  const merged = { percentile_of_max: ["max"], percentile_of_sum: ["sum"] } as const;
  const first = direction === "percentile_of_max" || direction === "percentile_of_sum" ? merged[direction] : [];
  return [...first, "in" as const, "out" as const].map((basis) => seriesOf(bill, grid, basis));
}

const TITLES = { in: "In", out: "Out", max: "Larger of in and out", sum: "In + out" } as const;

function seriesOf(bill: Bill, grid: MonthGrid, basis: Basis): BilledSeries {
  const bytes = columnOf(grid, basis);
  const ranks = rankedIntervals(grid, bill.contract.gaps);
  const indexes = Uint32Array.from(bytes.keys()).filter((index) => ranks.has(index));
  // Of equal intervals the earliest is billed, so the later ones are discarded first.
  indexes.sort((a, b) => (bytes[b] ?? 0) - (bytes[a] ?? 0) || b - a);
  const descending = Float64Array.from(indexes, (index) => bytes[index] ?? 0);
  const percentileBytes = percentileOf(bill, basis);
  const isRanked = ranksSeries(bill, basis) && isPercentile(bill, descending, percentileBytes);
  return {
    basis,
    title: TITLES[basis],
    bytes,
    descending,
    percentileBytes,
    isBilled: isBilled(bill, basis),
    discarded: isRanked ? marked(indexes.subarray(0, bill.discarded), bytes.length) : null,
    meetsCommit: ranksSeries(bill, basis) && bill.contract.direction !== "sum_of_percentiles",
  };
}

/** The sum of percentiles of several series is not a percentile of their sum: then no interval of it is discarded. */
function isPercentile({ contract, discarded }: Bill, descending: Float64Array, percentileBytes: number): boolean {
  return contract.aggregation === "percentile_of_sum" || (descending[discarded] ?? 0) === percentileBytes;
}

function ranksSeries(bill: Bill, basis: Basis): boolean {
  return bill.contract.direction === "max_of_percentiles" || isBilled(bill, basis);
}

function marked(indexes: Uint32Array, length: number): Uint8Array {
  const marks = new Uint8Array(length);
  for (const index of indexes) marks[index] = 1;
  return marks;
}

function percentileOf(bill: Bill, basis: Basis): number {
  if (basis === "in") return bill.p95InBytes;
  return basis === "out" ? bill.p95OutBytes : bill.billableBytes;
}

function isBilled({ contract, billableDirection }: Bill, basis: Basis): boolean {
  if (basis === "max" || basis === "sum") return true;
  if (contract.direction === "percentile_of_max" || contract.direction === "percentile_of_sum") return false;
  return contract.direction === "sum_of_percentiles" || billableDirection === basis;
}
