// The month as a drawing: a panel for each direction, with what is billed, what is discarded and what nobody observed.
// Times are the contract's; every column of the drawing shows its least and its greatest interval, so no peak is lost.

import { Calendar, intervalsBetween } from "../../model/calendar.ts";
import { BILLING_INTERVAL_MS } from "../../model/time.ts";
import type { Bill } from "../bill.ts";
import { isMissing, type MonthGrid } from "../month-grid.ts";
import { bpsOf } from "../rate.ts";
import type { BilledSeries } from "./billed-series.ts";
import { type Scale, scaleUpTo } from "./chart-scale.ts";
import { dayAxis } from "./day-axis.ts";
import { columnRuns, type Layout } from "./envelope.ts";
import { localTime } from "./local-time.ts";
import { markup, type Markup } from "./markup.ts";
import { monthLegend } from "./month-legend.ts";
import { monthPanel } from "./month-panel.ts";
import { mbps } from "./numbers.ts";
import { drawing, hatch, type Plot, PLOT_LEFT, PLOT_WIDTH, runsPath } from "./svg.ts";

export interface ChartSource {
  /** Unique in the document; the ids of a bill's drawings begin with it. */
  readonly id: string;
  readonly name: string;
  readonly bill: Bill;
  readonly grid: MonthGrid;
  readonly series: readonly BilledSeries[];
}

const TOP = 26;
const PANEL_SPACE = 40;
const AXIS_HEIGHT = 46;

export function monthChart(source: ChartSource): Markup {
  const { id, name, bill, series } = source;
  const height = series.length > 2 ? 120 : 160;
  const plots = series.map((_, index) => ({
    left: PLOT_LEFT,
    top: TOP + index * (height + PANEL_SPACE),
    width: PLOT_WIDTH,
    height,
  }));
  const bottom = TOP + plots.length * (height + PANEL_SPACE) - PANEL_SPACE;
  return drawing({
    id: `${id}-month`,
    title: `Traffic of ${name} in the month`,
    description: describe(bill, series),
    height: bottom + AXIS_HEIGHT,
    content: panels(source, plots),
    caption: monthLegend(bill, hasCommitLine(bill, series), series),
  });
}

function panels({ id, bill, grid, series }: ChartSource, plots: readonly Plot[]): Markup {
  const month = new Calendar(bill.contract.timeZone).monthAt(grid.startMs);
  const layout: Layout = {
    columns: PLOT_WIDTH,
    slots: intervalsBetween(month.startMs, month.endMs),
    first: intervalsBetween(month.startMs, grid.startMs),
  };
  const days = localTime(bill.contract.timeZone).days(month.startMs, month.endMs);
  const scale = scaleOf(bill, series);
  const missing = columnRuns(grid.bytesIn.length, layout, (index) => isMissing(grid, index));
  const outside = columnRuns(grid.bytesIn.length, layout, (index) => grid.expected[index] === 0);
  const lineBps = hasCommitLine(bill, series) ? bill.commitBps : null;
  const drawn = series.map((one, index) => {
    const plot = plots[index];
    if (plot === undefined) return null;
    const commitBps = one.meetsCommit ? lineBps : null;
    return markup`${dayAxis({ plot, month, days, labelled: index === series.length - 1 })}
      <path class="outside" d="${runsPath(outside, plot)}" />
      ${monthPanel({ id: `${id}-${one.basis}`, bill, grid, series: one, plot, scale, layout, commitBps })}
      <path class="gap" fill="url(#${id}-hatch)" d="${runsPath(missing, plot)}" />`;
  });
  return markup`<defs>${hatch(`${id}-hatch`)}</defs>${drawn}`;
}

function scaleOf(bill: Bill, series: readonly BilledSeries[]): Scale {
  const commitBps = hasCommitLine(bill, series) ? (bill.commitBps ?? 0) : 0;
  return scaleUpTo(Math.max(greatestBps(series), commitBps), "bps");
}

/** A commit far above all traffic would press the traffic to the floor; the legend says it instead. */
function hasCommitLine({ commitBps }: Bill, series: readonly BilledSeries[]): boolean {
  const isCompared = series.some(({ meetsCommit }) => meetsCommit);
  return commitBps !== null && isCompared && commitBps <= 2 * greatestBps(series);
}

function greatestBps(series: readonly BilledSeries[]): number {
  return bpsOf(series.reduce((greatest, { bytes }) => bytes.reduce((a, b) => Math.max(a, b), greatest), 0));
}

function describe(bill: Bill, series: readonly BilledSeries[]): string {
  const panelText = series.map(({ title, percentileBytes, bytes, isBilled }) => {
    const greatest = bytes.reduce((a, b) => Math.max(a, b), 0);
    const figure = `billing figure ${mbps(bpsOf(percentileBytes))} Mbps`;
    return `${title}: at most ${mbps(bpsOf(greatest))} Mbps, ${figure}${isBilled ? ", billed" : ""}.`;
  });
  const days = Math.round((bill.toMs - bill.fromMs) / (BILLING_INTERVAL_MS * 288));
  return `Rate of each billing interval over ${days} days, as an area. ${panelText.join(" ")}`;
}
