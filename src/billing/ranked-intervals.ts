// Which intervals the percentile is taken of: all, those that nobody observed as zeros, or those that nothing lacks.

import type { GapPolicy } from "../model/contract.ts";
import { type Columns, isMissing, type MonthGrid } from "./month-grid.ts";

export interface RankedIntervals {
  /** How many they are. */
  readonly count: number;
  readonly has: (index: number) => boolean;
  /** These intervals alone of a column as long as the grid's; the same column where that is all. */
  readonly column: (column: Float64Array) => Float64Array;
  readonly columns: (columns: Columns) => Columns;
}

export function rankedIntervals(grid: MonthGrid, gaps: GapPolicy): RankedIntervals {
  const kept = gaps === "zero" ? null : keptIndexes(grid);
  const column = (values: Float64Array): Float64Array => (kept === null ? values : pick(values, kept));
  return {
    count: kept?.length ?? grid.present.length,
    has: (index) => kept === null || !isMissing(grid, index),
    column,
    columns: ({ startMs, bytesIn, bytesOut }) => ({ startMs, bytesIn: column(bytesIn), bytesOut: column(bytesOut) }),
  };
}

function keptIndexes(grid: MonthGrid): Uint32Array {
  const kept = new Uint32Array(grid.present.length);
  let count = 0;
  for (let index = 0; index < kept.length; index++) if (!isMissing(grid, index)) kept[count++] = index;
  return kept.subarray(0, count);
}

function pick(column: Float64Array, indexes: Uint32Array): Float64Array {
  const picked = new Float64Array(indexes.length);
  for (let at = 0; at < picked.length; at++) picked[at] = column[indexes[at] ?? 0] ?? 0;
  return picked;
}
