// The percentile of billing in PromQL: nearest rank from the top, the sample itself. quantile_over_time counts from the
// bottom and interpolates; of negated bytes, phi = discarded / (values - 1) is the rank from the top, and misses it by an ulp
// of `discarded` at most (2^-44 for the 95th percentile of a month). So what is interpolated differs from the sample by less
// than half a byte, unless the next one is further off than 8e12 bytes, 200 Gbit/s; and it is rounded.

import type { MonthExpressions } from "./month.ts";
import { aggregate, INTERVAL_SECONDS, overIntervals, STEP } from "./promql.ts";
import { hasDates, type Scope } from "./scope.ts";
import { type Basis, bytesAtStep, rankedLabels, rankedSteps, seriesOf } from "./step-values.ts";

/** Bytes of the billed interval by direction (where the basis is `each`) and period; what is ranked by itself is added. */
export function percentileBytes(scope: Scope, month: MonthExpressions, basis: Basis): string {
  const phi = `${discarded(scope, month)} / ${valuesLessOne(scope, month)}`;
  const ranked = `quantile_over_time(${phi}, (-(${rankedBytes(scope, month, basis)}))[${month.days}d:${STEP}])`;
  // Where no more values are there than are discarded, phi is above 1: the quantile is infinite, and the percentile 0.
  const bytes = `round(clamp_min(0 - ${ranked}, 0))`;
  const kept = rankedLabels(scope, basis).filter((label) => label === "direction" || label === "period");
  const added = scope.aggregation === "sum_of_percentiles" ? aggregate("sum", kept, bytes) : bytes;
  return `(${added} and on (period) ${month.intervals})`;
}

/** Intervals that percentiles are taken of, {period}. */
export function rankedIntervals(scope: Scope, month: MonthExpressions): string {
  if (scope.gaps === "exclude") return valuesOf(scope, month);
  return scope.isClipped ? coveredIntervals(scope, month) : month.intervals;
}

/** Intervals of the contract's part of the month, to date. */
export function coveredIntervals(scope: Scope, { start, end, intervals }: MonthExpressions): string {
  return hasDates(scope) ? intervalsBetween(scope, start, end) : intervals;
}

/** Of two vectors of seconds, what lies between them in the contract's time. */
export function intervalsBetween({ startSeconds, endSeconds }: Scope, start: string, end: string): string {
  const from = startSeconds === null ? start : `clamp_min(${start}, ${startSeconds})`;
  const to = endSeconds === null ? end : `clamp_max(${end}, ${endSeconds})`;
  return `clamp_min((${to} - ${from}) / ${INTERVAL_SECONDS}, 0)`;
}

/** floor(n x (1000 - per mille) / 1000) of a vector: products of integers below 2^53 are exact, and so is the floor. */
export function discardedOf({ perMille }: Scope, count: string): string {
  return `floor(${count} * ${1000 - perMille} / 1000)`;
}

/** A scalar of no element would be an error in VictoriaMetrics; without values there is nothing to rank anyway. */
function discarded(scope: Scope, month: MonthExpressions): string {
  return `scalar(${discardedOf(scope, rankedIntervals(scope, month))} or on () vector(0))`;
}

/** A single value is the least and the most; with one discarded, phi has to be above 1. */
function valuesLessOne(scope: Scope, month: MonthExpressions): string {
  return `scalar(clamp_min(${valuesOf(scope, month)} - 1, 0.5) or on () vector(1))`;
}

/** Values there are to rank, {period}. With gaps as zeros, zeros at the bottom change no rank from the top. */
function valuesOf(scope: Scope, month: MonthExpressions): string {
  return `(${overIntervals("count_over_time", rankedSteps(scope), month.days)} and on (period) ${month.intervals})`;
}

function rankedBytes(scope: Scope, month: MonthExpressions, basis: Basis): string {
  const bytes = bytesAtStep(scope, basis);
  return scope.aggregation === "sum_of_percentiles" ? `${bytes} or ${zeros(scope, month, basis)}` : bytes;
}

/**
 * Where much is ranked by itself, a zero for each at every ranked step: then all have the same number of values, and one phi
 * does. What there is must not depend on the step, which cannot look at the evaluation's own time, but ahead: the first day's
 * beginning after the evaluation is within reach of every step, and what was seen until then is all.
 */
function zeros(scope: Scope, { days, periodsAhead }: MonthExpressions, basis: Basis): string {
  const series = `last_over_time(${seriesOf(scope, basis)}[${days}d])`;
  const seen = `${aggregate("count", rankedLabels(scope, basis), series)} and on (period) ${periodsAhead}`;
  const always = `present_over_time((${seen})[${days + 1}d:1d] offset -${days + 1}d)`;
  return `0 * ${always} and on (period) (${rankedSteps(scope)})`;
}
