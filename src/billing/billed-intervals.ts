// The percentile of a contract over the ranked intervals of a grid, whatever its directions and units, and the interval
// that it is the value of.

import type { Contract } from "../model/contract.ts";
import type { Bill } from "./bill.ts";
import { addFigures, type Basis, billedValue, columnOf, type Figures, figuresAt } from "./billed-value.ts";
import { addColumns } from "./columns.ts";
import { type Unit, unitsOf } from "./billing-units.ts";
import type { MonthGrid, SeriesPart } from "./month-grid.ts";
import type { RankedIntervals } from "./ranked-intervals.ts";

export interface RankingInput {
  readonly contract: Contract;
  readonly grid: MonthGrid;
  readonly parts: readonly SeriesPart[];
  readonly ranked: RankedIntervals;
  /** From the top, as in `valueAtRank`: the percentile's, and where a month that is not over may come to lie. */
  readonly ranks: { readonly billed: number; readonly best: number; readonly worst: number };
}

/** Bytes of an interval. */
export interface BilledIntervals {
  readonly figures: Figures;
  readonly bytes: number;
  readonly bestBytes: number;
  readonly worstBytes: number;
  /** What each interval is compared with `bytes` by: bytes in, out, of both, or of the larger one. */
  readonly column: Float64Array;
  /** Of the earliest interval that has the billed value; null where it is of no interval alone. */
  readonly index: number | null;
  readonly direction: Bill["billableDirection"];
}

export function billedIntervals({ contract, grid, parts, ranked, ranks }: RankingInput): BilledIntervals {
  const { direction } = contract;
  const units = unitsOf(contract.aggregation, grid, parts);
  const inOrder = [ranks.billed, ranks.best, ranks.worst];
  const figures = units.map((unit) => figuresAt(ranked.columns(unit()), direction, inOrder)).reduce(addFigures);
  const [now = ZERO, best = ZERO, worst = ZERO] = figures;
  const { bytes, basis } = billedValue(now, direction);
  const column = addedColumn(grid, units, basis);
  const alone = units.length === 1 && direction !== "sum_of_percentiles";
  const index = alone ? column.findIndex((value, at) => value === bytes && ranked.has(at)) : -1;
  return {
    figures: now,
    bytes,
    bestBytes: billedValue(best, direction).bytes,
    worstBytes: billedValue(worst, direction).bytes,
    column,
    index: index < 0 ? null : index,
    direction: directionAt(grid, basis, index),
  };
}

const ZERO: Figures = { bytesIn: 0, bytesOut: 0, merged: 0 };

/** Larger directions are taken in each unit before they are added; anything else adds up in any order. */
function addedColumn(grid: MonthGrid, units: readonly Unit[], basis: Basis): Float64Array {
  if (basis !== "max" || units.length === 1) return columnOf(grid, basis);
  return units.map((unit) => columnOf(unit(), basis)).reduce(addColumns);
}

/** For the larger direction the one that it is in the billed interval, where there is one. */
function directionAt({ bytesIn, bytesOut }: MonthGrid, basis: Basis, index: number): Bill["billableDirection"] {
  if (basis === "sum" || (basis === "max" && index < 0)) return "both";
  if (basis !== "max") return basis;
  return (bytesIn[index] ?? 0) >= (bytesOut[index] ?? 0) ? "in" : "out";
}
