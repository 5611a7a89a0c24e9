// A bar beside a number: what the number says, for the eye alone. Widths are attributes of SVG, never styles.

import { markup, type Markup } from "../../billing/html/markup.ts";
import { tenth } from "../../billing/html/svg.ts";

export type BarLevel = "calm" | "near" | "over";

export interface Bar {
  /** Of the whole bar, 0 to 1; what is beyond is cut. */
  readonly part: number;
  readonly level: BarLevel;
  /** Where a line crosses the bar, 0 to 1. */
  readonly mark?: number;
}

const WIDTH = 100;
const HEIGHT = 6;

/** A bar as wide as its place. */
export function bar({ part, level, mark }: Bar): Markup {
  const width = tenth(WIDTH * Math.min(1, Math.max(0, part)));
  const line =
    mark !== undefined &&
    markup`<rect class="bound" x="${tenth(WIDTH * mark) - 0.75}" width="1.5" height="${HEIGHT}"/>`;
  return markup`<svg class="gauge ${level}" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="${WIDTH}" height="${HEIGHT}"/><rect class="part" width="${width}" height="${HEIGHT}"/>${line}</svg>`;
}
