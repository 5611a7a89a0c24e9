// The common parts of the charts: a figure that can be scrolled on a small screen, a plot's geometry, axes and paths.

import type { Scale } from "./chart-scale.ts";
import type { Run } from "./envelope.ts";
import { type Content, markup, type Markup } from "./markup.ts";

/** Where a plot lies in its drawing, in drawing units; one column of an envelope is one unit wide. */
export interface Plot {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export const DRAWING_WIDTH = 920;
export const PLOT_LEFT = 58;
export const PLOT_WIDTH = 840;

export interface Drawing {
  /** Unique in the document. */
  readonly id: string;
  readonly title: string;
  /** What the drawing shows, in words and with its figures. */
  readonly description: string;
  /** Default: `DRAWING_WIDTH`. */
  readonly width?: number;
  readonly height: number;
  readonly content: Content;
  readonly caption: Content;
}

/** A figure with an accessible drawing. */
export function drawing({ id, title, description, width = DRAWING_WIDTH, height, content, caption }: Drawing): Markup {
  return markup`<figure>
    <div class="scroll" tabindex="0" role="group" aria-label="${title}">
      <svg
        id="${id}"
        role="img"
        aria-labelledby="${id}-title ${id}-desc"
        viewBox="0 0 ${width} ${height}"
        width="${width}"
        height="${height}"
      >
        <title id="${id}-title">${title}</title>
        <desc id="${id}-desc">${description}</desc>
        ${content}
      </svg>
    </div>
    <figcaption>${caption}</figcaption>
  </figure>`;
}

/** The pattern of what nobody observed. */
export function hatch(id: string): Markup {
  return markup`<pattern id="${id}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
    <rect class="hatch-ground" width="6" height="6" /><path class="hatch-line" d="M0 0V6" />
  </pattern>`;
}

/** The height of `value` in a plot, rounded to a tenth of a unit. */
export function heightOf({ top, height }: Plot, { top: greatest }: Scale, value: number): number {
  return tenth(top + height * (1 - Math.min(value, greatest) / greatest));
}

/** Grid lines with their values, and the unit above them. */
export function verticalAxis(plot: Plot, scale: Scale): Markup {
  const right = plot.left + plot.width;
  const left = plot.left - 6;
  const lines = scale.ticks.map(({ value, label }) => {
    const y = heightOf(plot, scale, value);
    return markup`<path class="grid" d="M${plot.left} ${y}H${right}" />
      <text class="tick end" x="${left}" y="${y + 4}">${label}</text>`;
  });
  return markup`<g>${lines}<text class="tick end" x="${left}" y="${plot.top - 10}">${scale.unit}</text></g>`;
}

/** The area from the base of a plot up to one value for each column, from the first that has one to the last. */
export function areaPath(plot: Plot, scale: Scale, values: Float64Array): string {
  const base = plot.top + plot.height;
  const first = values.findIndex((value) => !Number.isNaN(value));
  if (first < 0) return "";
  const end = values.findLastIndex((value) => !Number.isNaN(value)) + 1;
  let path = `M${plot.left + first} ${base}`;
  let last = base;
  for (let column = first; column < end; column += 1) {
    const y = heightOf(plot, scale, values[column] ?? 0);
    if (y !== last) path += `H${plot.left + column}V${y}`;
    last = y;
  }
  return `${path}H${plot.left + end}V${base}Z`;
}

/** Rectangles over runs of columns, in one path. */
export function runsPath(runs: readonly Run[], { left, top, height }: Plot): string {
  return runs.map(({ from, to }) => `M${left + from} ${top}H${left + to}V${top + height}H${left + from}Z`).join("");
}

export function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}
