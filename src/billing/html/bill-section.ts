// One bill: heading, the figure, the rule, and what stands behind it.

import type { Bill } from "../bill.ts";
import { exactSum } from "../columns.ts";
import type { MonthGrid } from "../month-grid.ts";
import { billHeading, leadingFigures } from "./bill-heading.ts";
import { shortName } from "./bill-names.ts";
import { billedSeries } from "./billed-series.ts";
import { coverageSection } from "./coverage.ts";
import { dailyTotals } from "./daily-totals.ts";
import { durationCurve } from "./duration-curve.ts";
import { figuresTable } from "./figures.ts";
import { type Content, markup, type Markup } from "./markup.ts";
import type { ChartSource } from "./month-chart.ts";
import { monthChart } from "./month-chart.ts";
import { projectionSection } from "./projection-section.ts";
import { recomputeSection } from "./recompute.ts";
import { ruleInWords } from "./rule-in-words.ts";

/** What is shown of a bill. */
export interface ShownBill {
  readonly bill: Bill;
  readonly grid: MonthGrid;
}

/** `id` is unique in the document and no text of others. */
export function billSection({ bill, grid }: ShownBill, id: string): Markup {
  const source = { id, name: shortName(bill), bill, grid, series: billedSeries(bill, grid) };
  return markup`<article id="${id}" class="bill ${bill.status}" aria-labelledby="${id}-heading">
    ${billHeading(bill, id)} ${leadingFigures(bill)} ${!isMadeOf(bill, grid) && OTHER_INTERVALS} ${sections(source)}
  </article>
  `;
}

const OTHER_INTERVALS = markup`<p class="notice">
  The intervals at hand are not those that this bill was made of: some came later, changed, or are no longer kept. Drawings
  and days below show what is at hand; the figures are the bill's.
</p>`;

/** A stored bill outlives its intervals. */
function isMadeOf({ totalBytesIn, totalBytesOut, intervalsExpected }: Bill, { bytesIn, bytesOut }: MonthGrid): boolean {
  const isWhole = bytesIn.length === intervalsExpected;
  return isWhole && exactSum(bytesIn) === totalBytesIn && exactSum(bytesOut) === totalBytesOut;
}

function sections(source: ChartSource): readonly Content[] {
  const { bill } = source;
  const steps = ruleInWords(bill).map((step) => markup`<li>${step}</li>`);
  return [
    section("How the figure comes about", markup`<ol class="rule">${steps}</ol>`),
    section("The month", monthChart(source)),
    section("The intervals, sorted", durationCurve(source)),
    section("Figures", figuresTable(bill)),
    bill.projection && section("Projection", projectionSection(bill, bill.projection)),
    section("What was observed", coverageSection(bill)),
    section("Day by day", dailyTotals(source)),
    section("How to recompute this bill", recomputeSection(bill, source.grid)),
  ];
}

function section(title: string, content: Markup | null): Markup | null {
  if (content === null) return null;
  return markup`<section>
    <h3>${title}</h3>
    ${content}
  </section>
  `;
}
