// Calendar months of IANA time zones on the billing grid. Offsets come from the runtime's own zone data (Intl).

import { BILLING_INTERVAL_MS, floorTo } from "./time.ts";

export interface Month {
  /** Year and month as the `period` label spells them, e.g. `202610`. */
  readonly period: string;
  /** First instant of the month in its zone, milliseconds since the epoch; a multiple of the billing interval. */
  readonly startMs: number;
  /** First instant of the next month. */
  readonly endMs: number;
}

const DAY_MS = 86_400_000;

/** Months of one time zone. Throws RangeError where the zone is unknown to the runtime. */
export class Calendar {
  readonly timeZone: string;
  readonly #format: Intl.DateTimeFormat;
  #last: Month | null = null;

  constructor(timeZone: string) {
    this.timeZone = timeZone;
    const options = {
      timeZone,
      calendar: "gregory",
      numberingSystem: "latn",
      year: "numeric",
      month: "numeric",
      day: "numeric",
    } as const;
    this.#format = new Intl.DateTimeFormat("en", options);
  }

  /** The month that holds an instant. */
  monthAt(timeMs: number): Month {
    const last = this.#last;
    if (last && timeMs >= last.startMs && timeMs < last.endMs) return last;
    this.#last = this.#month(this.#indexAt(timeMs));
    return this.#last;
  }

  monthBefore(month: Month): Month {
    return this.#month(this.#indexAt(month.startMs - BILLING_INTERVAL_MS));
  }

  /** The month of a `period` such as `202610`. */
  month(period: string): Month {
    return this.#month(Number(period.slice(0, 4)) * 12 + Number(period.slice(4)) - 1);
  }

  /** The first instant of a date, `YYYY-MM-DD`, on the billing grid; of a date that the zone skipped, that of the next. */
  startOfDay(date: string): number {
    const utc = Date.parse(date);
    return firstGridPoint(utc, (timeMs) => this.#dateAt(timeMs) >= utc);
  }

  #month(index: number): Month {
    const year = Math.floor(index / 12);
    const period = `${String(year).padStart(4, "0")}${String((index % 12) + 1).padStart(2, "0")}`;
    return { period, startMs: this.#startOf(index), endMs: this.#startOf(index + 1) };
  }

  /** Months since year 0 on the zone's wall clock. */
  #indexAt(timeMs: number): number {
    const { year, month } = this.#wallClock(timeMs);
    return year * 12 + month - 1;
  }

  /** The date on the zone's wall clock, as if it were UTC's. */
  #dateAt(timeMs: number): number {
    const { year, month, day } = this.#wallClock(timeMs);
    return Date.UTC(year, month - 1, day);
  }

  #wallClock(timeMs: number): { year: number; month: number; day: number } {
    const parts = this.#format.formatToParts(timeMs);
    const part = (type: string): number => Number(parts.find((candidate) => candidate.type === type)?.value);
    return { year: part("year"), month: part("month"), day: part("day") };
  }

  #startOf(index: number): number {
    const utc = Date.UTC(Math.floor(index / 12), index % 12, 1);
    return firstGridPoint(utc, (timeMs) => this.#indexAt(timeMs) >= index);
  }
}

/** The first grid point at which `isReached`: within a day of UTC's own, whatever the zone's offset and its changes. */
function firstGridPoint(utcMs: number, isReached: (timeMs: number) => boolean): number {
  let low = floorTo(utcMs - DAY_MS, BILLING_INTERVAL_MS) / BILLING_INTERVAL_MS;
  let high = floorTo(utcMs + DAY_MS, BILLING_INTERVAL_MS) / BILLING_INTERVAL_MS;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (isReached(middle * BILLING_INTERVAL_MS)) high = middle;
    else low = middle + 1;
  }
  return low * BILLING_INTERVAL_MS;
}

/** Billing intervals from `startMs` up to `endMs`. */
export function intervalsBetween(startMs: number, endMs: number): number {
  return (endMs - startMs) / BILLING_INTERVAL_MS;
}
