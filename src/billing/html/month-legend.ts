// What the marks of the month's drawing mean, with the numbers of this bill.

import type { Bill } from "../bill.ts";
import type { BilledSeries } from "./billed-series.ts";
import { type Content, markup, type Markup } from "./markup.ts";
import { counted, shortMbps } from "./numbers.ts";
import { percentileName } from "./percentile-name.ts";

/** `hasCommitLine` is false where the commit is too far above the traffic to be drawn. */
export function monthLegend(bill: Bill, hasCommitLine: boolean, series: readonly BilledSeries[]): Markup {
  const isRanked = series.some(({ discarded }) => discarded !== null);
  const entries: readonly Content[] = [
    entry("area", "least and greatest interval of each column"),
    entry("percentile", percentileName(bill.contract.percentilePerMille)),
    isRanked &&
      entry("above", `above it: the top ${counted(bill.discarded, "interval")}, discarded (ticks below the axis)`),
    bill.billableAtMs !== null && isRanked && entry("ring", "billed interval"),
    hasCommitLine && entry("commit", "commit"),
    bill.gaps.length > 0 && entry("gap", "not observed"),
  ];
  const days = `Days are those of ${bill.contract.timeZone}; weekends are tinted.`;
  return markup`<ul class="legend">${entries}</ul>
    ${days}${!hasCommitLine && commitNote(bill, series)}`;
}

function entry(mark: string, text: string): Markup {
  return markup`<li><span class="mark ${mark}" aria-hidden="true"></span>${text}</li>`;
}

/** Nothing where no drawn series alone is compared with the commit. */
function commitNote({ commitBps }: Bill, series: readonly BilledSeries[]): Content {
  if (commitBps === null || !series.some(({ meetsCommit }) => meetsCommit)) return null;
  return ` The commit of ${shortMbps(commitBps)} Mbps lies above the drawing.`;
}
