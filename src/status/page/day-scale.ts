// Where things lie in the drawing of a day: both directions to one scale, in above the axis and out below it, each with
// as much room as it needs.

import { type Scale, scaleUpTo } from "../../billing/html/chart-scale.ts";
import { tenth } from "../../billing/html/svg.ts";
import type { DayUsage } from "../usage.ts";

export const DAY_WIDTH = 1136;
const LEFT = 0;
const WIDTH = 1080;
const TOP = 22;
const HEIGHT = 224;
const STRIP_SPACE = 12;
const STRIP_HEIGHT = 16;

export interface DayLayout {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  /** Top and base of the strip of completeness. */
  readonly strip: { readonly top: number; readonly bottom: number };
  readonly height: number;
  readonly unit: string;
  /** Height and label of each round rate, upwards and downwards. */
  readonly ticks: readonly { readonly y: number; readonly label: string }[];
  /** The height of the axis. */
  readonly base: number;
  /** Left edge of an interval; the end of the last one for one more. */
  readonly x: (index: number) => number;
  readonly inY: (bps: number) => number;
  readonly outY: (bps: number) => number;
}

export function dayLayout({ in_bps: inBps, out_bps: outBps }: DayUsage): DayLayout {
  const scale = scaleUpTo(Math.max(greatest(inBps), greatest(outBps)), "bps");
  const step = scale.ticks[1]?.value ?? scale.top;
  const [up, down] = [stepsOf(inBps, step), stepsOf(outBps, step)];
  const perBps = HEIGHT / ((up + down) * step);
  const base = tenth(TOP + up * step * perBps);
  const bottom = TOP + HEIGHT;
  const strip = { top: bottom + STRIP_SPACE, bottom: bottom + STRIP_SPACE + STRIP_HEIGHT };
  return {
    left: LEFT,
    right: LEFT + WIDTH,
    top: TOP,
    bottom,
    strip,
    height: strip.bottom + 38,
    unit: scale.unit,
    base,
    ticks: ticksOf(scale, { up, down, base, perBps }),
    x: (index) => tenth(LEFT + (WIDTH * index) / Math.max(1, inBps.length)),
    inY: (bps) => tenth(base - bps * perBps),
    outY: (bps) => tenth(base + bps * perBps),
  };
}

/** The greatest of what was observed; 0 where nothing was. */
export function greatest(column: readonly (number | null)[]): number {
  return column.reduce<number>((max, value) => Math.max(max, value ?? 0), 0);
}

function stepsOf(column: readonly (number | null)[], step: number): number {
  return Math.max(1, Math.ceil(greatest(column) / step - 1e-9));
}

interface Halves {
  readonly up: number;
  readonly down: number;
  readonly base: number;
  readonly perBps: number;
}

function ticksOf({ ticks }: Scale, { up, down, base, perBps }: Halves): DayLayout["ticks"] {
  const above = ticks.slice(0, up + 1).map(({ value, label }) => ({ y: tenth(base - value * perBps), label }));
  const below = ticks.slice(1, down + 1).map(({ value, label }) => ({ y: tenth(base + value * perBps), label }));
  return [...above, ...below];
}
