// Instants and days on a contract's wall clock. Days are found by asking the zone, never by adding 24 hours.

import { BILLING_INTERVAL_MS, floorTo } from "../../model/time.ts";

export interface Day {
  readonly startMs: number;
  /** Start of the next day; 23 or 25 hours later where the clocks change. */
  readonly endMs: number;
  /** `2026-10-25`. */
  readonly date: string;
  /** `Sun`. */
  readonly weekday: string;
}

/** No zone's day is longer: 24 hours, and a change of at most a few. */
const LONGEST_DAY_MS = 36 * 3_600_000;

/** How one zone writes times. Throws RangeError where the runtime does not know it. */
export interface LocalTime {
  readonly timeZone: string;
  /** `2026-10-25 02:30 CEST`, `... GMT+5:30`: unambiguous also in the hour that comes twice. */
  readonly stamp: (timeMs: number) => string;
  /** The days that begin in `[startMs, endMs)`, and the rest of the one that holds `startMs`. */
  readonly days: (startMs: number, endMs: number) => readonly Day[];
}

/** `2026-10-25 00:30 UTC`. */
export function utcStamp(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

export function localTime(timeZone: string): LocalTime {
  const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short" } as const;
  const stamp = fieldsOf({ timeZone, ...DATE, ...clock });
  const day = fieldsOf({ timeZone, ...DATE, weekday: "short" });
  const dateAt = (timeMs: number): string => isoDate(day(timeMs));
  return {
    timeZone,
    stamp(timeMs) {
      const fields = stamp(timeMs);
      return `${isoDate(fields)} ${fields["hour"]}:${fields["minute"]} ${fields["timeZoneName"]}`;
    },
    days(startMs, endMs) {
      const days: Day[] = [];
      for (let at = startMs; at < endMs;) {
        const end = Math.min(endMs, nextDayStart(dateAt, at));
        days.push({ startMs: at, endMs: end, date: dateAt(at), weekday: day(at)["weekday"] ?? "" });
        at = end;
      }
      return days;
    },
  };
}

const DATE = {
  calendar: "gregory",
  numberingSystem: "latn",
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
} as const;

type Fields = Readonly<Record<string, string>>;

/** British English knows the letters of European zones (CEST) that American English does not. */
function fieldsOf(options: Intl.DateTimeFormatOptions): (timeMs: number) => Fields {
  const format = new Intl.DateTimeFormat("en-GB", options);
  return (timeMs) => Object.fromEntries(format.formatToParts(timeMs).map(({ type, value }) => [type, value]));
}

function isoDate(fields: Fields): string {
  return `${fields["year"]?.padStart(4, "0")}-${fields["month"]}-${fields["day"]}`;
}

/** The first point of the billing grid after `timeMs` with another date. Dates do not go back, whatever clocks do at midnight. */
function nextDayStart(dateAt: (timeMs: number) => string, timeMs: number): number {
  const date = dateAt(timeMs);
  let low = floorTo(timeMs, BILLING_INTERVAL_MS) / BILLING_INTERVAL_MS + 1;
  let high = floorTo(timeMs + LONGEST_DAY_MS, BILLING_INTERVAL_MS) / BILLING_INTERVAL_MS;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (dateAt(middle * BILLING_INTERVAL_MS) === date) low = middle + 1;
    else high = middle;
  }
  return low * BILLING_INTERVAL_MS;
}
