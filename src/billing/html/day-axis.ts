// The days of a month under a plot: a line at each local midnight, weekends tinted, number and weekday below.

import type { Month } from "../../model/calendar.ts";
import type { Day } from "./local-time.ts";
import { markup, type Markup } from "./markup.ts";
import { type Plot, tenth } from "./svg.ts";

export interface DayAxis {
  readonly plot: Plot;
  readonly month: Month;
  readonly days: readonly Day[];
  /** Whether numbers and weekdays are written below. */
  readonly labelled: boolean;
}

export function dayAxis({ plot, month, days, labelled }: DayAxis): Markup {
  const place = (timeMs: number): number =>
    tenth(plot.left + (plot.width * (timeMs - month.startMs)) / (month.endMs - month.startMs));
  const bottom = plot.top + plot.height;
  const weekends = days.filter(isWeekend).map(({ startMs, endMs }) => {
    return `M${place(startMs)} ${plot.top}H${place(endMs)}V${bottom}H${place(startMs)}Z`;
  });
  const midnights = days.map(({ startMs }) => `M${place(startMs)} ${bottom}v5`);
  const labels = days.map((day) => label(day, place((day.startMs + day.endMs) / 2), bottom));
  return markup`<path class="weekend" d="${weekends.join("")}" />
    <path class="midnight" d="${midnights.join("")}" />
    ${labelled && labels}`;
}

function label(day: Day, x: number, bottom: number): Markup {
  const dayOfMonth = Number(day.date.slice(8));
  return markup`<text class="tick middle" x="${x}" y="${bottom + 19}">${dayOfMonth}</text>
    <text class="weekday middle" x="${x}" y="${bottom + 34}">${day.weekday.slice(0, 2)}</text>`;
}

function isWeekend({ weekday }: Day): boolean {
  return weekday === "Sat" || weekday === "Sun";
}
