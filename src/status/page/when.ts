// Instants as an instrument shows them: the time of day in UTC, the date where it is another day's, and the age.

import { markup, type Markup } from "../../billing/html/markup.ts";
import { span, whole } from "../../billing/html/numbers.ts";

const MINUTE_MS = 60_000;

/** `12 s`, `3 min`, `2 h 5 min`, `3 d 4 h`; never negative. */
export function duration(durationMs: number): string {
  if (durationMs < 2 * MINUTE_MS) return `${whole(Math.max(0, Math.round(durationMs / 1000)))} s`;
  // Minutes say nothing after a day.
  const text = span(durationMs);
  return text.includes(" d ") ? text.replace(/ \d+ min$/, "") : text;
}

/** `12 s ago`; `12 s ahead` where the clock was set back. */
export function age(time: string, now: string): string {
  const ms = Date.parse(now) - Date.parse(time);
  return ms < -1000 ? `${duration(-ms)} ahead` : `${duration(ms)} ago`;
}

/** `14:02:00`; `2026-11-20 14:02` where that is not the day of `now`. UTC. */
export function clockTime(time: string, now: string): string {
  const text = iso(time);
  return text.slice(0, 10) === iso(now).slice(0, 10) ? text.slice(11, 19) : text.slice(0, 16).replace("T", " ");
}

/** Time and age, with the exact time for machines. */
export function moment(time: string, now: string): Markup {
  return markup`<time datetime="${iso(time)}">${clockTime(time, now)}</time> <span class="age">${age(time, now)}</span>`;
}

function iso(time: string): string {
  return new Date(time).toISOString();
}
