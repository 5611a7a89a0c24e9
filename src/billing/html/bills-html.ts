// Bills as one HTML document to read, print and hand in: no scripts, nothing that is fetched, and nothing that a name
// or another text of a bill could add to it.

import { statusText } from "./bill-heading.ts";
import { monthName, shortName } from "./bill-names.ts";
import { billSection, type ShownBill } from "./bill-section.ts";
import { utcStamp } from "./local-time.ts";
import { markup, Markup } from "./markup.ts";
import { mbps } from "./numbers.ts";
import { STYLE } from "./style.ts";

export interface BillsHtmlOptions {
  /** When the document was made, milliseconds since the epoch. Not given: it does not say, and equal bills are equal files. */
  readonly generatedAtMs?: number;
  /** Of acct-agent. */
  readonly productVersion?: string;
}

/** A document with one page and more for each bill, with a table of contents where there are several. */
export function billsHtml(entries: readonly ShownBill[], options: BillsHtmlOptions = {}): string {
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="format-detection" content="telephone=no">
<meta name="robots" content="noindex">
<meta name="referrer" content="no-referrer">
<title>${title(entries)}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<main>
<h1${entries.length > 1 ? null : new Markup(' class="unseen"')}>${title(entries)}</h1>
${entries.length > 1 && contents(entries)}
${entries.length === 0 && markup`<p>There are no bills: no contract covers the month, or none that was asked for.</p>`}
${entries.map((entry, index) => billSection(entry, idOf(index)))}
</main>
<footer>${made(options)}</footer>
</body>
</html>
`.toString();
}

function idOf(index: number): string {
  return `bill-${index + 1}`;
}

function title(entries: readonly ShownBill[]): string {
  const [first, ...others] = entries;
  if (first === undefined) return "Bandwidth bills";
  if (others.length === 0) return `Bandwidth bill ${first.bill.period}: ${shortName(first.bill)}`;
  const months = [...new Set(entries.map(({ bill }) => monthName(bill.period)))];
  return `${entries.length} bandwidth bills, ${months.join(", ")}`;
}

function contents(entries: readonly ShownBill[]): Markup {
  const rows = entries.map(({ bill }, index) => {
    const charge = bill.charge === null ? "none" : `${bill.charge.amount} ${bill.charge.currency}`;
    return markup`<tr>
      <th scope="row">
        <a href="#${idOf(index)}"><bdi>${shortName(bill)}</bdi></a>
      </th>
      <td>${bill.period}</td>
      <td>${statusText(bill)}</td>
      <td>${mbps(bill.billableBps)} Mbps</td>
      <td>${charge}</td>
    </tr>
    `;
  });
  return markup`<nav aria-label="Bills">
    <div class="scroll">
      <table class="contents">
        <thead>
          <tr>
            <th scope="col">Customer</th>
            <th scope="col">Month</th>
            <th scope="col">Status</th>
            <th scope="col">Billable rate</th>
            <th scope="col">Charge</th>
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>
  </nav>`;
}

function made({ generatedAtMs, productVersion }: BillsHtmlOptions): string {
  const version = productVersion === undefined ? "" : ` ${productVersion}`;
  const when = generatedAtMs === undefined ? "" : ` on ${utcStamp(generatedAtMs)}`;
  return `Made by acct-agent${version}${when}. 1 Mbps is 1,000,000 bits a second; kB, MB, GB and TB are powers of 1,000.`;
}
