// The billing intervals of a bill's period in one grid: what all series had together in each, and how many of them were
// expected to have something.

import { intervalsBetween } from "../model/calendar.ts";
import { BILLING_INTERVAL_MS } from "../model/time.ts";
import type { BillPeriod } from "./bill-period.ts";
import type { Gap } from "./bill.ts";
import type { IntervalSeries, Usage } from "./interval-series.ts";

/** Bytes in each interval of a period, from `startMs` on; 0 where there are none. */
export interface Columns {
  /** Start of the first interval, milliseconds since the epoch. */
  readonly startMs: number;
  readonly bytesIn: Float64Array;
  readonly bytesOut: Float64Array;
}

/** The bytes of all series added, below 2^53. */
export interface MonthGrid extends Columns {
  /** How many series were observed in each interval, and how many were expected to be. */
  readonly present: Uint32Array;
  readonly expected: Uint32Array;
}

/** Intervals that ended less than 10 minutes ago may still be on their way: two at most since `BillPeriod.endMs`. */
export const LATE_INTERVALS = 2;

/** The rows `[from, to)` of a series that lie in the contract's part of a period. */
export interface SeriesPart {
  readonly series: IntervalSeries;
  readonly from: number;
  readonly to: number;
}

/**
 * The grid of a period; its length is N. Where the period is not over, its last two intervals are left out as long as no
 * series has them. A series is expected from its first interval on, the earliest from the contract's first interval;
 * without any series one is missing all the time.
 */
export function monthGrid(period: BillPeriod, usage: Usage): MonthGrid {
  const parts = partsOf(period, usage.series);
  const length = gridLength(period, parts);
  const present = new Uint32Array(length);
  const grid = { ...emptyColumns(period.startMs, length), present, expected: new Uint32Array(length) };
  for (const part of parts) {
    addPart(grid, part);
    countRows(present, part, period.startMs);
  }
  expectParts(grid.expected, period, parts);
  return grid;
}

/** The columns of some of the grid's series alone. */
export function columnsOf(grid: MonthGrid, parts: readonly SeriesPart[]): Columns {
  const columns = emptyColumns(grid.startMs, grid.bytesIn.length);
  for (const part of parts) addPart(columns, part);
  return columns;
}

/** The series that have an interval in the contract's part of a period. */
export function partsOf(period: BillPeriod, series: readonly IntervalSeries[]): SeriesPart[] {
  const endMs = Math.min(period.endMs, period.coveredEndMs);
  return series
    .map((one) => ({
      series: one,
      from: firstRowFrom(one.startsMs, period.coveredStartMs),
      to: firstRowFrom(one.startsMs, endMs),
    }))
    .filter(({ from, to }) => from < to);
}

/** Whether a series that is expected lacks the interval at `index`. */
export function isMissing(grid: MonthGrid, index: number): boolean {
  return (grid.present[index] ?? 0) < (grid.expected[index] ?? 0);
}

/** Runs of missing intervals, in order. */
export function gapsOf(grid: MonthGrid): Gap[] {
  const timeOf = (index: number): number => grid.startMs + index * BILLING_INTERVAL_MS;
  const gaps: Gap[] = [];
  let from = -1;
  for (let index = 0; index <= grid.present.length; index++) {
    const missing = isMissing(grid, index);
    if (missing && from < 0) from = index;
    if (missing || from < 0) continue;
    gaps.push({ startMs: timeOf(from), endMs: timeOf(index) });
    from = -1;
  }
  return gaps;
}

function emptyColumns(startMs: number, length: number): Columns {
  return { startMs, bytesIn: new Float64Array(length), bytesOut: new Float64Array(length) };
}

/** The first row that starts at `timeMs` or later. */
function firstRowFrom(startsMs: Float64Array, timeMs: number): number {
  let low = 0;
  let high = startsMs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((startsMs[middle] ?? 0) < timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

function gridLength(period: BillPeriod, parts: readonly SeriesPart[]): number {
  const length = intervalsBetween(period.startMs, period.endMs);
  // What the contract does not cover is not on its way.
  if (period.isOver || period.endMs > period.coveredEndMs) return length;
  const newest = parts.reduce((latest, { series, to }) => Math.max(latest, series.startsMs[to - 1] ?? 0), 0);
  const known = Math.max(length - LATE_INTERVALS, intervalsBetween(period.startMs, newest) + 1, 0);
  return Math.min(length, known);
}

function addPart({ startMs, bytesIn, bytesOut }: Columns, { series, from, to }: SeriesPart): void {
  for (let row = from; row < to; row++) {
    const index = ((series.startsMs[row] ?? 0) - startMs) / BILLING_INTERVAL_MS;
    bytesIn[index] = (bytesIn[index] ?? 0) + (series.bytesIn[row] ?? 0);
    bytesOut[index] = (bytesOut[index] ?? 0) + (series.bytesOut[row] ?? 0);
  }
}

function countRows(present: Uint32Array, { series, from, to }: SeriesPart, startMs: number): void {
  for (let row = from; row < to; row++) {
    const index = ((series.startsMs[row] ?? 0) - startMs) / BILLING_INTERVAL_MS;
    present[index] = (present[index] ?? 0) + 1;
  }
}

function expectParts(expected: Uint32Array, period: BillPeriod, parts: readonly SeriesPart[]): void {
  const indexOf = (timeMs: number): number => intervalsBetween(period.startMs, timeMs);
  const begin = indexOf(period.coveredStartMs);
  const end = Math.min(expected.length, indexOf(period.coveredEndMs));
  const firsts = parts.map(({ series, from }) => indexOf(series.startsMs[from] ?? 0));
  const earliest = Math.min(...firsts);
  const starting = new Uint32Array(expected.length + 1);
  if (firsts.length === 0) starting[Math.min(begin, expected.length)] = 1;
  for (const first of firsts) {
    const from = first === earliest ? begin : first;
    starting[from] = (starting[from] ?? 0) + 1;
  }
  let series = 0;
  for (let index = begin; index < end; index++) {
    series += starting[index] ?? 0;
    expected[index] = series;
  }
}
