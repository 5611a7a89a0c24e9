// A day as a drawing: what came in above the axis, what went out below it, what nobody observed hatched, the interval
// that is running marked, and below a strip of how complete each interval is. No interval shares a column with another.

import { type Content, markup, type Markup } from "../../billing/html/markup.ts";
import { percent } from "../../billing/html/numbers.ts";
import { drawing, hatch } from "../../billing/html/svg.ts";
import type { DayUsage } from "../usage.ts";
import { hourAxis } from "./day-hours.ts";
import { DAY_WIDTH, type DayLayout, dayLayout, greatest } from "./day-scale.ts";
import { rate } from "./rates.ts";
import { isComplete } from "./state.ts";
import { duration } from "./when.ts";

/** Completeness at which a bar of the strip has no height left. */
const STRIP_FLOOR = 0.9;

type Column = readonly (number | null)[];

export function dayChart(day: DayUsage, instance: string): Markup {
  const layout = dayLayout(day);
  return drawing({
    id: "day-chart",
    title: `Traffic of ${instance} in the last 24 hours`,
    description: describe(day),
    width: DAY_WIDTH,
    height: layout.height,
    content: [markup`<defs>${hatch("day-hatch")}</defs>`, content(day, layout)],
    caption: legend(day),
  });
}

function content(day: DayUsage, layout: DayLayout): readonly Content[] {
  const last = day.in_bps.length - 1;
  const runs = observedRuns(day.in_bps.slice(0, last));
  return [
    rateAxis(layout),
    hourAxis(day, layout),
    direction("in", day.in_bps, { layout, runs, y: layout.inY }),
    direction("out", day.out_bps, { layout, runs, y: layout.outY }),
    gaps(day, layout),
    markup`<path class="axis" d="M${layout.left} ${layout.base}H${layout.right}"/>`,
    strip(day.completeness, layout),
    running(last, layout),
    markup`<text class="panel line-label" x="6" y="${layout.top + 12}">In</text><text class="panel line-label" x="6" y="${layout.bottom - 5}">Out</text>`,
  ];
}

/** Rates at the right, where the newest is. */
function rateAxis({ ticks, left, right, top: ceiling, strip: { bottom: base }, unit }: DayLayout): Markup {
  const lines = ticks.map(({ y, label }) => {
    return markup`<path class="grid" d="M${left} ${y}H${right}"/><text class="tick" x="${right + 7}" y="${y + 4}">${label}</text>`;
  });
  return markup`<g>${lines}<text class="tick" x="${right + 7}" y="${ceiling - 10}">${unit}</text><text class="tick" x="${right + 7}" y="${base - 1}">100 %</text></g>`;
}

interface Run {
  readonly from: number;
  readonly to: number;
}

/** Runs of intervals that were observed, or, with `isGap`, that were not. */
function observedRuns(column: Column, isGap = false): readonly Run[] {
  const runs: { from: number; to: number }[] = [];
  for (const [index, value] of column.entries()) {
    if ((value === null) !== isGap) continue;
    const last = runs.at(-1);
    if (last?.to === index) last.to = index + 1;
    else runs.push({ from: index, to: index + 1 });
  }
  return runs;
}

interface Half {
  readonly layout: DayLayout;
  readonly runs: readonly Run[];
  readonly y: (bps: number) => number;
}

function direction(name: "in" | "out", column: Column, { layout, runs, y }: Half): Markup {
  const last = column.length - 1;
  const now = column[last];
  const area = runs.map((run) => steps(column, run, { layout, runs, y })).join("");
  const part = typeof now === "number" && steps(column, { from: last, to: last + 1 }, { layout, runs, y });
  return markup`<g class="${name}"><path class="least" d="${area}"/>${part !== false && markup`<path class="greatest" d="${part}"/>`}</g>`;
}

function steps(column: Column, { from, to }: Run, { layout: { x, base }, y }: Half): string {
  let path = `M${x(from)} ${base}`;
  let height = base;
  for (let index = from; index < to; index += 1) {
    const next = y(column[index] ?? 0);
    if (next !== height) path += `H${x(index)}V${next}`;
    height = next;
  }
  return `${path}H${x(to)}V${base}Z`;
}

function gaps({ in_bps: column }: DayUsage, { x, top, strip: { bottom } }: DayLayout): Content {
  const runs = observedRuns(column.slice(0, -1), true);
  if (runs.length === 0) return null;
  const path = runs.map(({ from, to }) => `M${x(from)} ${top}H${x(to)}V${bottom}H${x(from)}Z`).join("");
  return markup`<path class="gap" fill="url(#day-hatch)" d="${path}"/>`;
}

/** Bars from 90 to 100 %: those that are not complete are of another colour, and lower. */
function strip(completeness: Column, { x, strip: { top, bottom } }: DayLayout): Markup {
  const bars = (isIn: (value: number) => boolean): string =>
    completeness
      .map((value, index) => {
        if (value === null || !isIn(value)) return "";
        const part = Math.max(0.12, (value - STRIP_FLOOR) / (1 - STRIP_FLOOR));
        const y = Math.round((bottom - (bottom - top) * part) * 10) / 10;
        return `M${x(index)} ${bottom}V${y}H${x(index + 1)}V${bottom}Z`;
      })
      .join("");
  return markup`<path class="complete" d="${bars(isComplete)}"/><path class="incomplete" d="${bars((value) => !isComplete(value))}"/>`;
}

function running(last: number, { x, top, strip: { bottom } }: DayLayout): Markup {
  const centre = (x(last) + x(last + 1)) / 2;
  return markup`<path class="now" d="M${x(last)} ${top}V${bottom}"/><path class="now-mark" d="M${centre - 4} ${bottom + 8}h8l-4 -7Z"/>`;
}

function legend(day: DayUsage): Markup {
  const hasGap = day.in_bps.slice(0, -1).includes(null);
  const isIncomplete = day.completeness.some((value) => value !== null && !isComplete(value));
  const entries: readonly Content[] = [
    markup`<li class="in"><span class="mark box" aria-hidden="true"></span>in, at most ${rate(greatest(day.in_bps))} Mbps</li>`,
    markup`<li class="out"><span class="mark box whole" aria-hidden="true"></span>out, at most ${rate(greatest(day.out_bps))} Mbps</li>`,
    markup`<li><span class="mark now" aria-hidden="true"></span>the running interval</li>`,
    markup`<li><span class="mark complete" aria-hidden="true"></span>completeness, 90 to 100 %</li>`,
    isIncomplete && markup`<li><span class="mark incomplete" aria-hidden="true"></span>not complete</li>`,
    hasGap && markup`<li><span class="mark gap" aria-hidden="true"></span>not observed</li>`,
  ];
  return markup`<ul class="legend">${entries}</ul>`;
}

function describe({ in_bps: inBps, out_bps: outBps, completeness, interval_seconds: seconds }: DayUsage): string {
  const missing = inBps.slice(0, -1).filter((value) => value === null).length;
  const known = completeness.filter((value) => value !== null);
  return [
    `In at most ${rate(greatest(inBps))} Mbps, out at most ${rate(greatest(outBps))} Mbps.`,
    missing === 0 ? "Every interval was observed." : `${duration(missing * seconds * 1000)} were not observed.`,
    known.length === 0 ? "" : `The least complete interval has ${percent(known.reduce((a, b) => Math.min(a, b)))}.`,
  ].join(" ");
}
