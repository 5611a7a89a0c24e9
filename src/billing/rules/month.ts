// The calendar in PromQL: agents push it as acct_period_intervals, since no function of PromQL knows time zones. Every
// expression yields one element, {period}, of the running month or of the one before it.

import { Calendar, intervalsBetween } from "../../model/calendar.ts";
import { aggregate, atStep, INTERVAL_SECONDS, overIntervals, selector } from "./promql.ts";

/** As they end the names of recorded series. */
export const MONTHS = ["month", "previous_month"] as const;
export type MonthName = (typeof MONTHS)[number];

/** Expressions about a month of a zone. */
export interface MonthExpressions {
  /** How far back samples of the month can be. */
  readonly days: number;
  /** Its intervals, to date where it is running. */
  readonly intervals: string;
  /** It and perhaps a neighbour, {period}, also at a step up to a day ahead of the evaluation, and whatever is pushed until then. */
  readonly periodsAhead: string;
  /** Its first second since the epoch. */
  readonly start: string;
  /** The end of its last interval, to date. */
  readonly end: string;
  /** Its intervals once it is over; costs looking up a year of the zone. */
  readonly whole: () => string;
}

/** How long a calendar holds on without an agent that says so. */
const CALENDAR_DAYS = 2;
const DAY_SECONDS = 86_400;

/** The zone's changes of offset are those of the year from `nowMs` on. */
export function monthExpressions(timeZone: string, name: MonthName, nowMs: number): MonthExpressions {
  const zone = zoneOf(timeZone);
  const current = currentMonth(zone);
  const began = startOfCurrent(zone);
  if (name === "month") {
    const start = `${began} and on (period) ${current}`;
    return {
      days: 33,
      intervals: current,
      periodsAhead: newest(zone, "current", CALENDAR_DAYS + 1),
      start: `(${start})`,
      end: `((${start}) + ${INTERVAL_SECONDS} * ${current})`,
      whole: () => wholeMonth(timeZone, current, nowMs),
    };
  }
  const previous = previousMonth(zone);
  const end = `scalar(${began} and on (period) ${current})`;
  return {
    days: 64,
    intervals: previous,
    periodsAhead: newest(zone, "previous", CALENDAR_DAYS + 1),
    start: `(${end} - ${INTERVAL_SECONDS} * ${previous})`,
    end: `(${end} + 0 * ${previous})`,
    whole: () => previous,
  };
}

/** Of one zone, {period}, or of every zone, {time_zone, period}. */
type Zone = { readonly name: string; readonly labels: readonly ["period"] } | typeof EVERY_ZONE;
const EVERY_ZONE = { name: null, labels: ["time_zone", "period"] } as const;

function zoneOf(name: string): Zone {
  return { name, labels: ["period"] };
}

/** The period that a month has in each zone, {time_zone, period}. */
export function newestPeriods(name: MonthName): string {
  return name === "month" ? currentMonth(EVERY_ZONE) : previousMonth(EVERY_ZONE);
}

function calendar({ name }: Zone, which: string): string {
  return selector("acct_period_intervals", name === null ? { which } : { time_zone: name, which });
}

function newest(zone: Zone, which: string, days = CALENDAR_DAYS): string {
  return aggregate("max", zone.labels, `last_over_time(${calendar(zone, which)}[${days}d])`);
}

/** The greatest period: an earlier one that was current within the look-back is the previous one of a later sample. */
function currentMonth(zone: Zone): string {
  const labels = zone.labels.join(", ");
  return `(${newest(zone, "current")} unless on (${labels}) ${newest(zone, "previous")})`;
}

/** The greatest previous period: of two in the look-back the one that was current in it, too. */
function previousMonth(zone: Zone): string {
  const previous = newest(zone, "previous");
  const alone = zone.name === null ? "time_zone" : "";
  const both = `${previous} and on (${zone.labels.join(", ")}) ${newest(zone, "current")}`;
  return `((${both}) or on (${alone}) ${previous})`;
}

/** N to date, at the step that ends the interval, tells the start, whichever agent says it. */
function startOfCurrent(zone: Zone): string {
  const toDate = aggregate("max", ["period"], atStep(calendar(zone, "current")));
  return overIntervals("min_over_time", `time() - ${INTERVAL_SECONDS} * ${toDate}`, CALENDAR_DAYS);
}

/**
 * The days of the month, and what the zone's clocks are turned by in such a month: agents push N to date only. The middle
 * of the month is in the same month everywhere.
 */
function wholeMonth(timeZone: string, current: string, nowMs: number): string {
  const middle = `${15 * DAY_SECONDS} + time() - ${INTERVAL_SECONDS} * ${current}`;
  const turned = clockChanges(timeZone, nowMs).map(({ month, intervals }) => {
    return ` + ${intervals} * (month(${middle}) == bool ${month})`;
  });
  return `(days_in_month(${middle}) * ${DAY_SECONDS / INTERVAL_SECONDS}${turned.join("")})`;
}

/** Months of the year, from 1, that are not whole days long, and the intervals that they have more than that. */
function clockChanges(timeZone: string, nowMs: number): readonly { month: number; intervals: number }[] {
  const calendarOf = new Calendar(timeZone);
  let month = calendarOf.monthAt(nowMs);
  return Array.from({ length: 12 }, () => {
    const intervals = intervalsBetween(month.startMs, month.endMs);
    const days = Math.round((intervals * INTERVAL_SECONDS) / DAY_SECONDS);
    const change = {
      month: Number(month.period.slice(4)),
      intervals: intervals - (days * DAY_SECONDS) / INTERVAL_SECONDS,
    };
    month = calendarOf.monthAt(month.endMs);
    return change;
  })
    .filter(({ intervals }) => intervals !== 0)
    .toSorted((a, b) => a.month - b.month);
}
