// How often figures are made anew. Recording rules read a month of raw samples each time; so that they take a quarter of a
// processor at most, many are evaluated at longer intervals. Prometheus shows a recorded value for five minutes only: what
// comes less often is recorded under a name of its own, and repeated under the real one.

import { MONTHS, type MonthName, newestPeriods } from "./month.ts";
import type { RecordingRule, RuleGroup } from "./rule-file.ts";

/** Seconds of one processor for the rules of a subject in Prometheus 2.42, about, as `npm run bench -- rules` measures them. */
export const RULE_SECONDS: Readonly<Record<"network" | "contract", Readonly<Record<MonthName, number>>>> = {
  network: { month: 0.1, previous_month: 0.2 },
  contract: { month: 0.3, previous_month: 0.3 },
};

export interface Pace {
  /** Null for the server's own interval. */
  readonly interval: string | null;
  /** How far back the last evaluation may be; null where each can be seen until the next. */
  readonly repeatedFor: string | null;
}

const LARGEST_SHARE = 1 / 4;
/** Prometheus' look-back less a minute for the evaluation itself. */
const LONGEST_SEEN_MINUTES = 4;

/** For rules that take `seconds` of a processor in all. */
export function paceOf(seconds: number): Pace {
  const minutes = Math.ceil(seconds / LARGEST_SHARE / 60);
  const interval = minutes <= 1 ? null : `${minutes}m`;
  return { interval, repeatedFor: minutes > LONGEST_SEEN_MINUTES ? `${3 * minutes}m` : null };
}

/** A rule as it is where its figure is repeated; the zone tells which month its figure has to be of. */
export function slowRule({ record, expr, labels }: RecordingRule, timeZone: string): RecordingRule {
  return { record: slowName(record), expr, labels: { ...labels, time_zone: timeZone } };
}

/** Repeats what slow rules record, as long as it is of the right month. */
export function repeatingGroup(records: readonly string[], paces: Readonly<Record<MonthName, Pace>>): RuleGroup | null {
  const rules = MONTHS.flatMap((month) => {
    const { repeatedFor } = paces[month];
    const ofMonth = records.filter((record) => record.endsWith("previous_month") === (month === "previous_month"));
    return repeatedFor === null ? [] : ofMonth.map((record) => repeatingRule(record, month, repeatedFor));
  });
  return rules.length === 0 ? null : { name: "acct repeated", interval: null, rules };
}

function repeatingRule(record: string, month: MonthName, repeatedFor: string): RecordingRule {
  const newest = `last_over_time(${slowName(record)}[${repeatedFor}])`;
  const ofMonth = `${newest} and on (time_zone, period) ${newestPeriods(month)}`;
  return { record, expr: `max without (time_zone) (${ofMonth})`, labels: {} };
}

function slowName(record: string): string {
  return `${record}_slow`;
}
