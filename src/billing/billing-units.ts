// What is ranked together. Where a contract adds percentiles, each network at one agent is a unit with percentiles of its
// own, its interfaces added; otherwise everything is one unit.

import type { Aggregation } from "../model/contract.ts";
import { type Columns, columnsOf, type MonthGrid, type SeriesPart } from "./month-grid.ts";

/** Units of which each makes its columns when it is its turn, so that no more than one is in memory. */
export type Unit = () => Columns;

/** At least one. */
export function unitsOf(aggregation: Aggregation, grid: MonthGrid, parts: readonly SeriesPart[]): readonly Unit[] {
  const groups = aggregation === "sum_of_percentiles" ? groupsOf(parts) : [];
  if (groups.length <= 1) return [() => grid];
  return groups.map((group) => () => columnsOf(grid, group));
}

function groupsOf(parts: readonly SeriesPart[]): SeriesPart[][] {
  const groups = new Map<string, SeriesPart[]>();
  for (const part of parts) {
    const key = JSON.stringify([part.series.instance, part.series.network]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [part]);
    else group.push(part);
  }
  return [...groups.values()];
}
