// The intervals from the greatest to the least: what is discarded, which one is billed, and how flat the rest is.

import type { Bill } from "../bill.ts";
import { bpsOf } from "../rate.ts";
import type { BilledSeries } from "./billed-series.ts";
import { type Scale, scaleUpTo } from "./chart-scale.ts";
import { markup, type Markup } from "./markup.ts";
import type { ChartSource } from "./month-chart.ts";
import { counted, mbps, ordinal, percent, whole } from "./numbers.ts";
import { drawing, heightOf, type Plot, PLOT_LEFT, PLOT_WIDTH, tenth, verticalAxis } from "./svg.ts";

const PLOT: Plot = { left: PLOT_LEFT, top: 26, width: PLOT_WIDTH, height: 200 };
const HEIGHT = PLOT.top + PLOT.height + 44;
const BOTTOM = PLOT.top + PLOT.height;
/** Per cent of the intervals that the axis names. */
const TICKS = [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100];

/** Null where nothing is ranked. */
export function durationCurve({ id, name, bill, series }: ChartSource): Markup | null {
  if (bill.ranked === 0) return null;
  const shown = series.filter(({ basis, isBilled }) => isBilled || basis === "in" || basis === "out");
  const greatest = Math.max(...shown.map(({ descending }) => bpsOf(descending[0] ?? 0)));
  const scale = scaleUpTo(greatest, "bps");
  // The billed curve is drawn last, over the others.
  const curves = shown.toSorted((a, b) => Number(a.isBilled) - Number(b.isBilled));
  const drawn = curves.map((one) => curve(bill, one, scale));
  return drawing({
    id: `${id}-duration`,
    title: `Intervals of ${name}, sorted`,
    description: describe(bill, shown),
    height: HEIGHT,
    content: [discardedPart(bill), verticalAxis(PLOT, scale), rankAxis(bill), drawn],
    caption: legend(bill, shown),
  });
}

function discardedPart({ discarded, ranked }: Bill): Markup {
  const width = tenth((PLOT.width * discarded) / ranked);
  return markup`<path class="discarded-part" d="M${PLOT.left} ${PLOT.top}h${width}v${PLOT.height}h${-width}Z" />`;
}

function rankAxis({ ranked }: Bill): Markup {
  const ticks = TICKS.map((tick) => {
    const x = tenth(PLOT.left + (PLOT.width * tick) / 100);
    return markup`<path class="midnight" d="M${x} ${BOTTOM}v5" />
      <text class="tick middle" x="${x}" y="${BOTTOM + 19}">${tick} %</text>`;
  });
  const middle = PLOT.left + PLOT.width / 2;
  const label = `part of ${counted(ranked, "interval")}, from the greatest down`;
  return markup`${ticks}<text class="tick middle" x="${middle}" y="${BOTTOM + 38}">${label}</text>`;
}

function curve(bill: Bill, series: BilledSeries, scale: Scale): Markup {
  const line = markup`<path class="curve" d="${curvePath(series.descending, scale)}" />`;
  const mark = series.discarded && rankMark(bill, series, scale);
  return markup`<g class="${series.basis}${series.isBilled && " billed-curve"}">${line}${mark}</g>`;
}

/** Steps of one unit: the greatest of the intervals that fall on it. */
function curvePath(descending: Float64Array, scale: Scale): string {
  let last = heightOf(PLOT, scale, bpsOf(descending[0] ?? 0));
  let path = `M${PLOT.left} ${last}`;
  for (let column = 1; column < PLOT.width; column += 1) {
    const y = heightOf(PLOT, scale, bpsOf(descending[Math.floor((column * descending.length) / PLOT.width)] ?? 0));
    if (y !== last) path += `H${PLOT.left + column}V${y}`;
    last = y;
  }
  return `${path}H${PLOT.left + PLOT.width}`;
}

function rankMark(bill: Bill, { percentileBytes, isBilled }: BilledSeries, scale: Scale): Markup {
  const bps = bpsOf(percentileBytes);
  const x = tenth(PLOT.left + (PLOT.width * bill.discarded) / bill.ranked);
  const y = heightOf(PLOT, scale, bps);
  const radius = isBilled ? 5 : 3;
  const text = `${ordinal(bill.rank)}: ${mbps(bps)} Mbps`;
  const label = isBilled && markup`<text class="line-label" x="${x + 10}" y="${y - 6}">${text}</text>`;
  return markup`<circle class="billed" cx="${x}" cy="${y}" r="${radius}" />${label}`;
}

function legend(bill: Bill, shown: readonly BilledSeries[]): Markup {
  const share = percent(bill.discarded / bill.ranked);
  const curves = shown.map(({ basis, title, isBilled }) => {
    const mark = markup`<span class="mark line ${basis}${!isBilled && " other"}" aria-hidden="true"></span>`;
    return markup`<li>${mark}${title}${isBilled && " (billed)"}</li>`;
  });
  return markup`<ul class="legend">
    ${curves}
    <li>
      <span class="mark part" aria-hidden="true"></span>discarded: ${counted(bill.discarded, "interval")}, ${share} of
      ${whole(bill.ranked)}
    </li>
    <li><span class="mark ring" aria-hidden="true"></span>${ordinal(bill.rank)} interval</li>
  </ul>`;
}

function describe(bill: Bill, shown: readonly BilledSeries[]): string {
  const figures = shown.map(({ title, descending, percentileBytes }) => {
    return `${title} falls from ${mbps(bpsOf(descending[0] ?? 0))} Mbps to ${mbps(bpsOf(percentileBytes))} Mbps.`;
  });
  return `${counted(bill.ranked, "interval")} sorted from the greatest down; the first ${whole(bill.discarded)} are discarded. ${figures.join(" ")}`;
}
