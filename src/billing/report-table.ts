// A bill as lines for a terminal. Names and other foreign text are shown, never obeyed.

import { harmless } from "../lib/harmless-text.ts";
import { BILLING_INTERVAL_MS } from "../model/time.ts";
import type { Bill, Gap } from "./bill.ts";
import { byteSize, counted, mbps, ordinal, percent, shortMbps, whole } from "./html/numbers.ts";
import { percentileName } from "./html/percentile-name.ts";
import { bpsOf } from "./rate.ts";

type Line = readonly [name: string, value: string];

/** More gaps than these are counted. */
const GAPS_SHOWN = 10;

/** Without a line feed at its end. */
export function billTable(bill: Bill): string {
  const lines = [...ruleLines(bill), ...figureLines(bill), ...commitLines(bill), ...qualityLines(bill)];
  const width = Math.max(...lines.map(([name]) => name.length));
  return [heading(bill), ...lines.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`)].join("\n");
}

function heading({ contract: { customer, name }, period, status, version }: Bill): string {
  const label = name === null ? "" : ` (${harmless(name)})`;
  return `${harmless(customer)}${label}, ${period}: ${status}${version === null ? "" : `, version ${version}`}`;
}

function ruleLines(bill: Bill): readonly Line[] {
  const { contract, fromMs, toMs, intervalsExpected, ranked, discarded, rank } = bill;
  const { percentilePerMille, direction, aggregation, gaps, partialMonths, byteLayer } = contract;
  const selector = Object.entries(contract.selector).map(
    ([label, value]) => `${label} = ${value === "" ? "(none)" : harmless(value)}`,
  );
  const term = contract.starts === null && contract.ends === null ? "" : `, ${termOf(bill)}`;
  return [
    ["Period", `${iso(fromMs)} to ${iso(toMs)}, ${contract.timeZone}${term}`],
    ["Networks", selector.join(", ")],
    ["Rule", `${percentileName(percentilePerMille)}, ${direction} of ${aggregation}, bytes of layer ${byteLayer}`],
    ["Gaps, partial months", `${gaps}, ${partialMonths}`],
    [
      "Intervals",
      `${whole(intervalsExpected)}, ${whole(ranked)} ranked, ${whole(discarded)} discarded, the ${ordinal(rank)} is billed`,
    ],
  ];
}

function termOf({ contract: { starts, ends } }: Bill): string {
  return [starts === null ? "" : `from ${starts}`, ends === null ? "" : `up to ${ends}`]
    .filter((text) => text !== "")
    .join(" ");
}

function figureLines(bill: Bill): readonly Line[] {
  const { billableBytes, billableBps, billableDirection, billableAtMs, contract, projection } = bill;
  const at = billableAtMs === null ? "" : `, interval from ${iso(billableAtMs)}`;
  const rounded = contract.rounding === null ? "" : `, rounded to ${mbps(billableBps)} Mbps`;
  const both = (bpsIn: number, bpsOut: number): string => `in ${mbps(bpsIn)} Mbps, out ${mbps(bpsOut)} Mbps`;
  const total = (bytes: bigint): string => `${byteSize(bytes)} (${whole(bytes)} bytes)`;
  return [
    ["Percentile in", intervalRate(bill.p95InBytes)],
    ["Percentile out", intervalRate(bill.p95OutBytes)],
    ["Billed", `${intervalRate(billableBytes)}${rounded}, ${billableDirection}${at}`],
    ["Average", both(bill.averageInBps, bill.averageOutBps)],
    ["Maximum", both(bill.maxInBps, bill.maxOutBps)],
    ["Total in", total(bill.totalBytesIn)],
    ["Total out", total(bill.totalBytesOut)],
    ...(projection === null ? [] : ([["Month may end at", projectionText(projection)]] satisfies readonly Line[])),
  ];
}

function projectionText({ bestBps, sameBps, worstBps }: NonNullable<Bill["projection"]>): string {
  return `${mbps(bestBps)} Mbps at best, ${mbps(sameBps)} as so far, ${mbps(worstBps)} at worst`;
}

function commitLines({ commitBps, overageBps, intervalsAboveCommit, burstIntervalsLeft }: Bill): readonly Line[] {
  if (commitBps === null) return [["Commit", "none"]];
  return [
    ["Commit", `${shortMbps(commitBps)} Mbps, ${mbps(overageBps ?? 0)} Mbps above it`],
    [
      "Above commit",
      `${counted(intervalsAboveCommit ?? 0, "interval")}, burst budget left ${whole(burstIntervalsLeft ?? 0)}`,
    ],
  ];
}

function qualityLines(bill: Bill): readonly Line[] {
  const { coverage, intervalsObserved, intervalsExpected, completeness, charge, gaps } = bill;
  const observed = `${whole(intervalsObserved)} of ${counted(intervalsExpected, "interval")} observed`;
  return [
    ["Coverage", `${percent(coverage)}, ${observed}`],
    ...gaps.slice(0, GAPS_SHOWN).map((gap): Line => ["Gap", gapText(gap)]),
    ...(gaps.length > GAPS_SHOWN
      ? ([["", `and ${counted(gaps.length - GAPS_SHOWN, "gap")} more`]] satisfies readonly Line[])
      : []),
    ["Completeness", completeness === null ? "not known" : percent(completeness)],
    ["Charge", charge === null ? "no price" : `${charge.amount} ${charge.currency}`],
  ];
}

function gapText({ startMs, endMs }: Gap): string {
  return `${iso(startMs)} to ${iso(endMs)}, ${counted((endMs - startMs) / BILLING_INTERVAL_MS, "interval")}`;
}

function intervalRate(bytes: number): string {
  return `${mbps(bpsOf(bytes))} Mbps (${whole(bytes)} bytes)`;
}

function iso(timeMs: number): string {
  return new Date(timeMs).toISOString().replace(".000Z", "Z");
}
