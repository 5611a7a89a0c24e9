// The bytes of each day of the contract's zone, as bars and as a table: 23 or 25 hours where the clocks change.

import type { Bill } from "../bill.ts";
import { intervalsBetween } from "../../model/calendar.ts";
import { BILLING_INTERVAL_MS } from "../../model/time.ts";
import { exactSum } from "../columns.ts";
import { isMissing, type MonthGrid } from "../month-grid.ts";
import { scaleUpTo } from "./chart-scale.ts";
import { type Day, localTime } from "./local-time.ts";
import { markup, type Markup } from "./markup.ts";
import type { ChartSource } from "./month-chart.ts";
import { byteSize, whole } from "./numbers.ts";
import { drawing, heightOf, type Plot, PLOT_LEFT, PLOT_WIDTH, tenth, verticalAxis } from "./svg.ts";

export interface DayTotal extends Day {
  readonly bytesIn: bigint;
  readonly bytesOut: bigint;
  readonly intervals: number;
  /** Intervals that an expected series lacks. */
  readonly missing: number;
}

/** The days of the grid, the first and the last in part where it begins or ends within them. */
export function dayTotals({ contract }: Bill, grid: MonthGrid): readonly DayTotal[] {
  const endMs = grid.startMs + grid.bytesIn.length * BILLING_INTERVAL_MS;
  return localTime(contract.timeZone)
    .days(grid.startMs, endMs)
    .map((day) => {
      const from = intervalsBetween(grid.startMs, day.startMs);
      const to = intervalsBetween(grid.startMs, day.endMs);
      return {
        ...day,
        bytesIn: exactSum(grid.bytesIn.subarray(from, to)),
        bytesOut: exactSum(grid.bytesOut.subarray(from, to)),
        intervals: to - from,
        missing: countMissing(grid, from, to),
      };
    });
}

/** Bars for each day, in and out side by side, and the table. */
export function dailyTotals({ id, name, bill, grid }: ChartSource): Markup {
  const totals = dayTotals(bill, grid);
  return markup`${bars(id, name, totals)}${table(bill, totals)}`;
}

const PLOT: Plot = { left: PLOT_LEFT, top: 26, width: PLOT_WIDTH, height: 130 };
const BOTTOM = PLOT.top + PLOT.height;
/** A month has no more days; all months are drawn to one scale. */
const DAY_WIDTH = PLOT_WIDTH / 31;
const BAR_WIDTH = 10;

function countMissing(grid: MonthGrid, from: number, to: number): number {
  let missing = 0;
  for (let index = from; index < to; index += 1) missing += isMissing(grid, index) ? 1 : 0;
  return missing;
}

function bars(id: string, name: string, totals: readonly DayTotal[]): Markup {
  const greatest = Math.max(0, ...totals.flatMap(({ bytesIn, bytesOut }) => [Number(bytesIn), Number(bytesOut)]));
  const scale = scaleUpTo(greatest, "B");
  const bar = (key: "in" | "out", bytes: bigint, x: number): Markup => {
    const y = heightOf(PLOT, scale, Number(bytes));
    return markup`<path class="bar ${key}" d="M${x} ${BOTTOM}V${y}h${BAR_WIDTH}V${BOTTOM}Z" />`;
  };
  const days = totals.map((day) => {
    const dayOfMonth = Number(day.date.slice(8));
    const x = tenth(PLOT.left + DAY_WIDTH * (dayOfMonth - 1) + 3);
    return markup`${bar("in", day.bytesIn, x)}${bar("out", day.bytesOut, tenth(x + BAR_WIDTH + 1))}
      <text class="tick middle" x="${x + BAR_WIDTH}" y="${BOTTOM + 17}">${dayOfMonth}</text>`;
  });
  return drawing({
    id: `${id}-days`,
    title: `Bytes of ${name} by day`,
    description: "Bytes in and out of each day; the table below has the figures.",
    height: BOTTOM + 26,
    content: markup`${verticalAxis(PLOT, scale)}${days}`,
    caption: markup`<ul class="legend">
      <li><span class="mark box in" aria-hidden="true"></span>In</li>
      <li><span class="mark box out" aria-hidden="true"></span>Out</li>
    </ul>`,
  });
}

function table({ contract, totalBytesIn, totalBytesOut }: Bill, totals: readonly DayTotal[]): Markup {
  const rows = totals.map((day) => {
    return markup`<tr>
      <th scope="row">${day.date} <span class="muted">${day.weekday}</span></th>
      <td>${hours(day.intervals)}</td>
      <td>${whole(day.bytesIn)}</td>
      <td>${whole(day.bytesOut)}</td>
      <td>${byteSize(day.bytesIn + day.bytesOut)}</td>
      <td>${day.missing === 0 ? "0" : markup`<strong>${whole(day.missing)}</strong>`}</td>
    </tr>`;
  });
  const sum = totals.reduce((count, { intervals }) => count + intervals, 0);
  const missing = totals.reduce((count, day) => count + day.missing, 0);
  return markup`<div class="scroll" tabindex="0" role="group" aria-label="Bytes by day">
    <table class="numbers">
      <thead>
        <tr>
          <th scope="col">Day (${contract.timeZone})</th>
          <th scope="col">Hours</th>
          <th scope="col">Bytes in</th>
          <th scope="col">Bytes out</th>
          <th scope="col">Together</th>
          <th scope="col">Intervals missing</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row">Total</th>
          <td>${hours(sum)}</td>
          <td>${whole(totalBytesIn)}</td>
          <td>${whole(totalBytesOut)}</td>
          <td>${byteSize(totalBytesIn + totalBytesOut)}</td>
          <td>${whole(missing)}</td>
        </tr>
      </tfoot>
    </table>
  </div>`;
}

/** `24`, `23.5`: twelve intervals are an hour. */
function hours(intervals: number): string {
  return String(Math.round((intervals / 12) * 100) / 100);
}
