// The figures of a bill as a table: rates with the bytes that they come from, times in UTC and on the contract's clock.

import type { Bill } from "../bill.ts";
import { bpsOf } from "../rate.ts";
import { localTime, utcStamp } from "./local-time.ts";
import { type Content, markup, type Markup } from "./markup.ts";
import { byteSize, counted, mbps, ordinal, percent, shortMbps, whole } from "./numbers.ts";
import { ordinalText } from "./percentile-name.ts";

type Row = readonly [name: string, value: Content, exact?: Content];

export function figuresTable(bill: Bill): Markup {
  const groups = [percentileRows(bill), trafficRows(bill), commitRows(bill), qualityRows(bill)];
  return markup`<div class="scroll" tabindex="0" role="group" aria-label="Figures">
    <table class="figures">
      <thead>
        <tr>
          <th scope="col">Figure</th>
          <th scope="col">Value</th>
          <th scope="col">Exact</th>
        </tr>
      </thead>
      ${groups.filter((rows) => rows.length > 0).map((rows) => markup`<tbody>${rows.map(row)}</tbody>`)}
    </table>
  </div>`;
}

function row([name, value, exact]: Row): Markup {
  return markup`<tr>
    <th scope="row">${name}</th>
    <td>${value}</td>
    <td>${exact ?? null}</td>
  </tr> `;
}

function percentileRows(bill: Bill): readonly Row[] {
  const name = ordinalText(bill.contract.percentilePerMille);
  return [
    intervalRow(`${name} percentile in`, bill.p95InBytes),
    intervalRow(`${name} percentile out`, bill.p95OutBytes),
    intervalRow(`Billed, ${DIRECTIONS[bill.billableDirection]}`, bill.billableBytes),
    ...(bill.contract.rounding === null ? [] : [rateRow("Billed, rounded", bill.billableBps)]),
    ["Billed interval", ordinal(bill.rank), billedTime(bill)],
  ];
}

const DIRECTIONS = { in: "direction in", out: "direction out", both: "both directions" } as const;

function intervalRow(name: string, bytes: number): Row {
  return [name, `${mbps(bpsOf(bytes))} Mbps`, `${counted(bytes, "byte")} in 300 s`];
}

function rateRow(name: string, bps: number): Row {
  return [name, `${mbps(bps)} Mbps`, `${whole(bps)} bit/s`];
}

function billedTime({ contract, billableAtMs }: Bill): Content {
  if (billableAtMs === null) return "no interval alone";
  return markup`from ${utcStamp(billableAtMs)}<br />${localTime(contract.timeZone).stamp(billableAtMs)},
    ${contract.timeZone}`;
}

function trafficRows(bill: Bill): readonly Row[] {
  return [
    rateRow("Average in", bill.averageInBps),
    rateRow("Average out", bill.averageOutBps),
    rateRow("Greatest interval in", bill.maxInBps),
    rateRow("Greatest interval out", bill.maxOutBps),
    ["Total in", byteSize(bill.totalBytesIn), `${whole(bill.totalBytesIn)} bytes`],
    ["Total out", byteSize(bill.totalBytesOut), `${whole(bill.totalBytesOut)} bytes`],
  ];
}

function commitRows(bill: Bill): readonly Row[] {
  if (bill.commitBps === null) return [];
  return [
    ["Commit", `${shortMbps(bill.commitBps)} Mbps`, `${whole(bill.commitBps)} bit/s`],
    rateRow("Above the commit", bill.overageBps ?? 0),
    ["Intervals above the commit", whole(bill.intervalsAboveCommit ?? 0)],
    ["Burst budget left", ...burstBudget(bill.burstIntervalsLeft ?? 0)],
  ];
}

function burstBudget(left: number): readonly [string, string] {
  if (left < 0) return ["used up", `${counted(-left, "interval")} beyond it`];
  return [counted(left, "interval"), "may still exceed the commit"];
}

function qualityRows(bill: Bill): readonly Row[] {
  const intervals = `${whole(bill.intervalsObserved)} of ${counted(bill.intervalsExpected, "interval")} observed`;
  const { completeness } = bill;
  return [
    ["Coverage", percent(bill.coverage), intervals],
    ["Completeness", completeness === null ? "not known" : percent(completeness), completeness],
  ];
}
