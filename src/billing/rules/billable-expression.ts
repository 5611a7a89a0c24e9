// What a contract bills of its percentiles, and what is left of its burst budget, in PromQL.

import type { BilledDirection } from "../../model/contract.ts";
import type { MonthExpressions } from "./month.ts";
import { discardedOf, intervalsBetween, percentileBytes, rankedIntervals } from "./percentile-expression.ts";
import { aggregate, INTERVAL_SECONDS, overIntervals } from "./promql.ts";
import type { Scope } from "./scope.ts";
import { type Basis, bytesAtStep, rankedLabels } from "./step-values.ts";

/** Bits a second of the bytes of an interval. */
export function bps(bytes: string): string {
  return `${bytes} * 8 / ${INTERVAL_SECONDS}`;
}

/** Bytes of the billed value, {period}, before rounding. */
export function billableBytes(scope: Scope, month: MonthExpressions, direction: BilledDirection): string {
  const of = (basis: Basis): string => percentileBytes(scope, month, basis);
  switch (direction) {
    case "max_of_percentiles":
      return aggregate("max", ["period"], of("each"));
    case "sum_of_percentiles":
      return aggregate("sum", ["period"], of("each"));
    case "percentile_of_max":
      return of("max");
    case "percentile_of_sum":
      return of("sum");
    case "in":
    case "out":
      return of(direction);
  }
}

export interface Commit {
  readonly direction: BilledDirection;
  readonly commitBps: number;
}

/** Intervals of the whole month that may exceed the commit without an overage, {period}. */
export function burstIntervals(scope: Scope, month: MonthExpressions): string {
  return discardedOf(scope, wholeRanked(scope, month));
}

/** Those of them that are left, {period}; below 0 where too many exceed it. */
export function burstIntervalsLeft(scope: Scope, month: MonthExpressions, commit: Commit): string {
  return `(${burstIntervals(scope, month)} - on (period) ${intervalsAbove(scope, month, commit)})`;
}

/** Intervals that will be ranked when the month is over and no more gaps come. */
function wholeRanked(scope: Scope, month: MonthExpressions): string {
  const { start } = month;
  const whole = month.whole();
  const end = `(${start} + on (period) ${INTERVAL_SECONDS} * ${whole})`;
  if (scope.gaps === "zero") return scope.isClipped ? intervalsBetween(scope, start, end) : whole;
  const remaining = scope.isClipped
    ? `${intervalsBetween(scope, start, end)} - on (period) ${intervalsBetween(scope, start, month.end)}`
    : `${whole} - on (period) ${month.intervals}`;
  return `(${rankedIntervals(scope, month)} + on (period) (${remaining}))`;
}

/** How many ranked intervals exceed the commit, by the billed direction's bytes. */
function intervalsAbove(scope: Scope, month: MonthExpressions, { direction, commitBps }: Commit): string {
  const count = (basis: Basis): string => countAbove(scope, month, { basis, commitBps });
  switch (direction) {
    case "max_of_percentiles":
      return aggregate("sum", ["period"], `${count("each")} and on (direction, period) ${billedOf(scope, month)}`);
    case "percentile_of_max":
      return count("max");
    case "percentile_of_sum":
    case "sum_of_percentiles":
      return count("sum");
    case "in":
    case "out":
      return count(direction);
  }
}

/** Bytes of an interval at a rate: bps x 300 / 8. */
const BYTES_PER_BPS = INTERVAL_SECONDS / 8;

function countAbove(
  scope: Scope,
  month: MonthExpressions,
  { basis, commitBps }: { basis: Basis; commitBps: number },
): string {
  const labels = rankedLabels({ ...scope, aggregation: "percentile_of_sum" }, basis);
  const bytes = bytesAtStep(scope, basis);
  const added = scope.aggregation === "sum_of_percentiles" ? aggregate("sum", labels, bytes) : `(${bytes})`;
  return overIntervals("sum_over_time", `${added} > bool ${commitBps * BYTES_PER_BPS}`, month.days);
}

/** The direction with the larger percentile; of two equal ones `in`, since percentiles are whole bytes. */
function billedOf(scope: Scope, month: MonthExpressions): string {
  const half = 'label_replace(vector(0.5), "direction", "in", "", "")';
  const none = 'label_replace(vector(0), "direction", "out", "", "")';
  const ranked = `${percentileBytes(scope, month, "each")} + on (direction) group_left () (${half} or ${none})`;
  return `topk by (period) (1, ${ranked})`;
}
