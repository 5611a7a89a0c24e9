// Coverage in PromQL: intervals present over those expected. A series is expected from its first interval on, the earliest
// from the month's start, or the contract's.

import type { MonthExpressions } from "./month.ts";
import { coveredIntervals } from "./percentile-expression.ts";
import { aggregate, atStep, INTERVAL_SECONDS, overIntervals } from "./promql.ts";
import { hasDates, intervalsOf, type Scope } from "./scope.ts";
import { inContract } from "./step-values.ts";

const SERIES = ["instance", "interface", "network", "period"];

/** {period}, 0 to 1; nothing where there is no series. */
export function coverage(scope: Scope, month: MonthExpressions): string {
  const covered = coveredIntervals(scope, month);
  const late = `${sum(lateIntervals(scope, month))} or on (period) 0 * ${month.intervals}`;
  const expected = `${seriesCount(scope, month)} * on (period) ${covered} - on (period) (${late})`;
  return `(${sum(presentIntervals(scope, month))} / on (period) (${expected}))`;
}

/** Raw counts where every sample counts. */
function presentIntervals(scope: Scope, month: MonthExpressions): string {
  if (!hasDates(scope)) return `count_over_time(${intervalsOf(scope, "in")}[${month.days}d])`;
  return overIntervals("count_over_time", inTime(scope, atStep(intervalsOf(scope, "in"))), month.days);
}

function seriesCount(scope: Scope, month: MonthExpressions): string {
  return aggregate("count", ["period"], aggregate("count", SERIES, presentIntervals(scope, month)));
}

/** For each series that began after the earliest, the intervals before its first. */
function lateIntervals(scope: Scope, month: MonthExpressions): string {
  const before = `(${firstEnd(scope, month)} - on (period) group_left () ${beginning(scope, month)}) / ${INTERVAL_SECONDS} - 1`;
  return `(${before}) > on (period) group_left () ${aggregate("min", ["period"], before)}`;
}

/** Where the first interval of each series ends: the time of its step. Of the samples' own, `timestamp` would take minutes. */
function firstEnd(scope: Scope, month: MonthExpressions): string {
  const times = inTime(scope, `timestamp(${atStep(intervalsOf(scope, "in"))})`);
  return aggregate("min", SERIES, overIntervals("min_over_time", times, month.days));
}

function beginning({ startSeconds }: Scope, { start }: MonthExpressions): string {
  return startSeconds === null ? start : `clamp_min(${start}, ${startSeconds})`;
}

function inTime(scope: Scope, vector: string): string {
  return [vector, ...inContract(scope)].join(" and ");
}

function sum(vector: string): string {
  return aggregate("sum", ["period"], vector);
}
