// One direction of the month: the envelope of its intervals, the percentile's line and the part above it, the discarded
// intervals below the axis, the commit and the billed interval.

import { BILLING_INTERVAL_MS } from "../../model/time.ts";
import type { Bill } from "../bill.ts";
import type { MonthGrid } from "../month-grid.ts";
import { bpsOf } from "../rate.ts";
import type { BilledSeries } from "./billed-series.ts";
import type { Scale } from "./chart-scale.ts";
import { columnOf, columnRuns, envelope, type Layout } from "./envelope.ts";
import { markup, type Markup } from "./markup.ts";
import { mbps, shortMbps } from "./numbers.ts";
import { percentileName } from "./percentile-name.ts";
import { areaPath, heightOf, type Plot, runsPath, verticalAxis } from "./svg.ts";

export interface MonthPanel {
  readonly id: string;
  readonly bill: Bill;
  readonly grid: MonthGrid;
  readonly series: BilledSeries;
  readonly plot: Plot;
  readonly scale: Scale;
  readonly layout: Layout;
  /** Null: no line. */
  readonly commitBps: number | null;
}

const RUG_HEIGHT = 5;

export function monthPanel(panel: MonthPanel): Markup {
  const { series, plot, scale } = panel;
  return markup`<g class="${series.basis}">
    <text class="panel" x="${plot.left}" y="${plot.top - 10}">${series.title}${series.isBilled && " (billed)"}</text>
    <text class="end" x="${plot.left + plot.width}" y="${plot.top - 10}">${lineLabels(panel)}</text>
    ${verticalAxis(plot, scale)} ${area(panel)} ${percentileLine(panel)} ${commitLine(panel)} ${billedMark(panel)}
  </g>`;
}

function area(panel: MonthPanel): Markup {
  const { id, series, plot, scale, layout } = panel;
  const { least, greatest } = envelope(series.bytes.map(bpsOf), layout);
  return markup`<path class="greatest" id="${id}-area" d="${areaPath(plot, scale, greatest)}" />
    <path class="least" d="${areaPath(plot, scale, least)}" />
    ${series.discarded && discardedPart(panel, series.discarded)}`;
}

/** What lies above the percentile, and a mark below the axis for each column with a discarded interval. */
function discardedPart({ id, series, plot, scale, layout }: MonthPanel, discarded: Uint8Array): Markup {
  const line = heightOf(plot, scale, bpsOf(series.percentileBytes));
  const rug = { ...plot, top: plot.top + plot.height + 1, height: RUG_HEIGHT };
  const runs = columnRuns(discarded.length, layout, (index) => discarded[index] === 1);
  const above = { ...plot, height: line - plot.top };
  return markup`<clipPath id="${id}-above">
      <path d="${runsPath([{ from: 0, to: plot.width }], above)}" />
    </clipPath>
    <use class="above" href="#${id}-area" clip-path="url(#${id}-above)" />
    <path class="discarded" d="${runsPath(runs, rug)}" />`;
}

/** In the panel's head, where they hide nothing. */
function lineLabels({ bill, series, commitBps }: MonthPanel): Markup {
  const figure = `${mbps(bpsOf(series.percentileBytes))} Mbps`;
  const commit = commitBps !== null && `, commit ${shortMbps(commitBps)} Mbps`;
  return markup`${percentileName(bill.contract.percentilePerMille)} <tspan class="panel">${figure}</tspan>${commit}`;
}

function percentileLine({ series, plot, scale }: MonthPanel): Markup {
  const y = heightOf(plot, scale, bpsOf(series.percentileBytes));
  return markup`<path class="percentile" d="M${plot.left} ${y}h${plot.width}" />`;
}

function commitLine({ plot, scale, commitBps }: MonthPanel): Markup | null {
  if (commitBps === null) return null;
  return markup`<path class="commit" d="M${plot.left} ${heightOf(plot, scale, commitBps)}h${plot.width}" />`;
}

/** A ring at the billed interval, where there is one. */
function billedMark({ bill, grid, series, plot, scale, layout }: MonthPanel): Markup | null {
  if (bill.billableAtMs === null || !series.isBilled || series.discarded === null) return null;
  const index = (bill.billableAtMs - grid.startMs) / BILLING_INTERVAL_MS;
  const x = plot.left + columnOf(layout, index) + 0.5;
  return markup`<circle class="billed" cx="${x}" cy="${heightOf(plot, scale, bpsOf(series.percentileBytes))}" r="5" />`;
}
