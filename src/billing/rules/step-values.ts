// What the intervals of a scope are compared by, at each step of a subquery: bytes of each direction, of one, of both, or
// of the larger one; and which steps a percentile leaves out.

import { aggregate, atStep } from "./promql.ts";
import { hasDates, intervalsOf, type Scope } from "./scope.ts";

export type Basis = "each" | "in" | "out" | "sum" | "max";

/** Labels that tell apart what is ranked by itself: of a contract that adds percentiles each network at each agent. */
export function rankedLabels({ aggregation }: Scope, basis: Basis): readonly string[] {
  const unit = aggregation === "sum_of_percentiles" ? ["instance", "network"] : [];
  return [...unit, ...(basis === "each" ? ["direction"] : []), "period"];
}

/** The series that a basis is about. */
export function seriesOf(scope: Scope, basis: Basis): string {
  return basis === "in" || basis === "out" ? intervalsOf(scope, basis) : intervalsOf(scope);
}

/** Bytes at a step, of what is ranked by itself. Absent where nothing was observed, and where it is left out. */
export function bytesAtStep(scope: Scope, basis: Basis): string {
  const labels = rankedLabels(scope, basis);
  const series = atStep(seriesOf(scope, basis));
  const bytes =
    basis === "max"
      ? aggregate("max", labels, aggregate("sum", [...labels, "direction"], series))
      : aggregate("sum", labels, series);
  return counted(scope, bytes);
}

/** The part of a vector, with `period`, that percentiles are taken of. */
function counted(scope: Scope, vector: string): string {
  const kept = scope.gaps === "exclude" ? [`on (period) ${completeSteps(scope)}`] : [];
  return [vector, ...inContract(scope), ...kept].join(" and ");
}

/** One element for each month at the steps that are ranked: those at which anything was observed, or nothing is missing. */
export function rankedSteps(scope: Scope): string {
  const steps =
    scope.gaps === "exclude" ? completeSteps(scope) : aggregate("count", ["period"], atStep(intervalsOf(scope, "in")));
  return [steps, ...inContract(scope)].join(" and ");
}

/** Conditions of `and` that hold at the steps of the contract's time. */
export function inContract(scope: Scope): readonly string[] {
  if (!hasDates(scope)) return [];
  const from = scope.startSeconds === null ? "" : ` > ${scope.startSeconds}`;
  const to = scope.endSeconds === null ? "" : ` <= ${scope.endSeconds}`;
  return [`on () (vector(time())${from}${to})`];
}

const SERIES = ["instance", "interface", "network", "period"];
/** Divides a day, so that all that was seen before it can be kept in few steps. */
const SEEN = "6h";

/**
 * Steps at which no series is missing that was seen in the month before. What was seen is looked up in steps of hours and
 * in the hours since: a window of a month at each step would cost seconds.
 */
function completeSteps(scope: Scope): string {
  const series = intervalsOf(scope, "in");
  const present = aggregate("count", SERIES, atStep(series));
  const recent = aggregate("count", SERIES, `last_over_time(${series}[${SEEN}])`);
  const seen = `${recent} or last_over_time((${recent})[32d:${SEEN}])`;
  return `(${aggregate("count", ["period"], present)} >= on (period) ${aggregate("count", ["period"], seen)})`;
}
