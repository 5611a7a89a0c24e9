// The hours under the drawing of a day, and the days that they belong to.

import { markup, type Markup } from "../../billing/html/markup.ts";
import type { DayUsage } from "../usage.ts";
import type { DayLayout } from "./day-scale.ts";

const HOUR_MS = 3_600_000;
const LABELLED_HOURS = 2;
/** A label nearer than this to an edge would be cut. */
const ROOM = 18;
const DAY_ROOM = 90;

const dayName = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" });

export function hourAxis({ start, interval_seconds: seconds, in_bps: column }: DayUsage, layout: DayLayout): Markup {
  const startMs = Date.parse(start);
  const place = (timeMs: number): number => layout.x((timeMs - startMs) / (seconds * 1000));
  const endMs = startMs + column.length * seconds * 1000;
  const hours: Markup[] = [];
  for (let at = Math.ceil(startMs / HOUR_MS) * HOUR_MS; at < endMs; at += HOUR_MS) {
    hours.push(hour(at, place(at), layout));
  }
  const midnight = Math.ceil(startMs / (24 * HOUR_MS)) * 24 * HOUR_MS;
  return markup`<g>${hours}${place(midnight) > DAY_ROOM && dayLabel(startMs, layout.left, layout)}</g>`;
}

function hour(timeMs: number, x: number, layout: DayLayout): Markup {
  const { top, strip, left, right } = layout;
  const hourOfDay = new Date(timeMs).getUTCHours();
  const isLabelled = hourOfDay % LABELLED_HOURS === 0 && x > left + ROOM && x < right - ROOM;
  const isMidnight = hourOfDay === 0;
  const text = `${String(hourOfDay).padStart(2, "0")}:00`;
  return markup`<path class="${isMidnight ? "day" : "hour"}" d="M${x} ${top}V${strip.bottom + (isLabelled ? 5 : 3)}"/>${
    isLabelled && markup`<text class="tick middle" x="${x}" y="${strip.bottom + 18}">${text}</text>`
  }${isMidnight && x < right - DAY_ROOM && dayLabel(timeMs, x, layout)}`;
}

function dayLabel(timeMs: number, x: number, { strip }: DayLayout): Markup {
  return markup`<text class="date" x="${x}" y="${strip.bottom + 34}">${dayName.format(timeMs)}</text>`;
}
