// What of the two directions is billed: figures at a rank of the sorted intervals, and the value that a contract takes
// from them.

import type { BilledDirection } from "../model/contract.ts";
import { addColumns, largerOf } from "./columns.ts";
import type { Columns } from "./month-grid.ts";
import { valueAtRank } from "./percentile.ts";

/** What each interval counts as: one direction, both added, or the larger one. */
export type Basis = "in" | "out" | "sum" | "max";

/** Values at one rank, bytes of an interval: of each direction, and of both in one where that is what is ranked (else 0). */
export interface Figures {
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly merged: number;
}

export interface BilledValue {
  readonly bytes: number;
  /** What intervals are compared with the value by. */
  readonly basis: Basis;
}

/** The bytes of each interval on a basis; those of one direction are not copied. */
export function columnOf({ bytesIn, bytesOut }: Columns, basis: Basis): Float64Array {
  switch (basis) {
    case "in":
      return bytesIn;
    case "out":
      return bytesOut;
    case "sum":
      return addColumns(bytesIn, bytesOut);
    case "max":
      return largerOf(bytesIn, bytesOut);
  }
}

/** The figures at each of `ranks`, counted from the top as in `valueAtRank`. */
export function figuresAt(columns: Columns, direction: BilledDirection, ranks: readonly number[]): Figures[] {
  const valuesOf = (column: Float64Array): number[] => {
    const scratch = Float64Array.from(column);
    return ranks.map((rank) => valueAtRank(scratch, rank));
  };
  const basis = mergedBasis(direction);
  const [bytesIn, bytesOut] = [valuesOf(columns.bytesIn), valuesOf(columns.bytesOut)];
  const merged = basis === null ? [] : valuesOf(columnOf(columns, basis));
  return ranks.map((_, index) => ({
    bytesIn: bytesIn[index] ?? 0,
    bytesOut: bytesOut[index] ?? 0,
    merged: merged[index] ?? 0,
  }));
}

/** The figures of several units, added rank by rank. */
export function addFigures(a: readonly Figures[], b: readonly Figures[]): Figures[] {
  return a.map(({ bytesIn, bytesOut, merged }, index) => ({
    bytesIn: bytesIn + (b[index]?.bytesIn ?? 0),
    bytesOut: bytesOut + (b[index]?.bytesOut ?? 0),
    merged: merged + (b[index]?.merged ?? 0),
  }));
}

/** The value that is billed; of two equal directions `in`. */
export function billedValue({ bytesIn, bytesOut, merged }: Figures, direction: BilledDirection): BilledValue {
  switch (direction) {
    case "in":
      return { bytes: bytesIn, basis: "in" };
    case "out":
      return { bytes: bytesOut, basis: "out" };
    case "max_of_percentiles":
      return bytesIn >= bytesOut ? { bytes: bytesIn, basis: "in" } : { bytes: bytesOut, basis: "out" };
    case "percentile_of_max":
      return { bytes: merged, basis: "max" };
    case "percentile_of_sum":
      return { bytes: merged, basis: "sum" };
    case "sum_of_percentiles":
      return { bytes: bytesIn + bytesOut, basis: "sum" };
  }
}

function mergedBasis(direction: BilledDirection): "sum" | "max" | null {
  if (direction === "percentile_of_max") return "max";
  return direction === "percentile_of_sum" ? "sum" : null;
}
