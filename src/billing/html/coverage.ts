// What was observed and what was not: coverage in words, and each gap with its times.

import type { Bill, Gap } from "../bill.ts";
import { intervalsBetween } from "../../model/calendar.ts";
import { localTime, utcStamp } from "./local-time.ts";
import { markup, type Markup } from "./markup.ts";
import { counted, percent, span, whole } from "./numbers.ts";

/** More would be longer than the rest of the document; the intervals' CSV has them all. */
const LISTED_GAPS = 100;

export function coverageSection(bill: Bill): Markup {
  return markup`<p>${observed(bill)} ${effect(bill)}</p>
    ${bill.gaps.length > 0 && gapTable(bill)}`;
}

function observed({ intervalsObserved, intervalsExpected, coverage, completeness }: Bill): string {
  const intervals = `${whole(intervalsObserved)} of ${counted(intervalsExpected, "interval")} were observed`;
  const ofSeries = `coverage, over all series expected, is ${percent(coverage)}`;
  const inside =
    completeness === null
      ? "how complete they are is not known"
      : `what was observed is ${percent(completeness)} complete`;
  return `${intervals}; ${ofSeries}; ${inside}.`;
}

function effect({ contract, gaps }: Bill): string {
  if (gaps.length === 0) return "There are no gaps.";
  return contract.gaps === "zero"
    ? "Under this contract an interval that was not observed counts as zero, so a gap can only lower the billed rate."
    : "Under this contract an interval that any expected series lacks is left out of the ranking.";
}

function gapTable({ contract, gaps }: Bill): Markup {
  const { stamp } = localTime(contract.timeZone);
  const rows = gaps.slice(0, LISTED_GAPS).map((gap) => {
    return markup`<tr>
      <td>${utcStamp(gap.startMs)}</td>
      <td>${utcStamp(gap.endMs)}</td>
      <td>${stamp(gap.startMs)}</td>
      <td>${span(gap.endMs - gap.startMs)}</td>
      <td>${whole(lengthOf(gap))}</td>
    </tr>`;
  });
  return markup`<div class="scroll" tabindex="0" role="group" aria-label="Gaps">
      <table class="times">
        <thead>
          <tr>
            <th scope="col">From</th>
            <th scope="col">To</th>
            <th scope="col">From, ${contract.timeZone}</th>
            <th scope="col">Length</th>
            <th scope="col">Intervals</th>
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>
    ${rest(gaps.slice(LISTED_GAPS))}`;
}

function rest(gaps: readonly Gap[]): Markup | null {
  if (gaps.length === 0) return null;
  const intervals = gaps.reduce((count, gap) => count + lengthOf(gap), 0);
  const duration = gaps.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);
  return markup`<p>
    And ${counted(gaps.length, "further gap")} of ${counted(intervals, "interval")}, ${span(duration)} together; the CSV
    of the intervals has each.
  </p>`;
}

function lengthOf({ startMs, endMs }: Gap): number {
  return intervalsBetween(startMs, endMs);
}
