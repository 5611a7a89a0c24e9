// The formats of `acct-agent report`: for people, for spreadsheets and for programs.

import type { JsonObject } from "../billing/bill-differences.ts";
import { billJson } from "../billing/bill-json.ts";
import { exactJsonText } from "../billing/exact-json-text.ts";
import { billsHtml } from "../billing/html/bills-html.ts";
import { intervalLines, INTERVALS_HEADER } from "../billing/intervals-csv.ts";
import { csvBill, csvHeader } from "../billing/report-csv.ts";
import { billTable } from "../billing/report-table.ts";
import { VERSION } from "../version.ts";
import type { ReportFormat } from "./report-options.ts";
import type { ReportedBill } from "./stored-bills.ts";

/** Bills in one of the formats, in pieces. Stored bills are as they were stored, whatever keys JSON has got since. */
export function rendered(entries: AsyncIterable<ReportedBill>, format: ReportFormat): AsyncIterable<string> {
  switch (format) {
    case "table":
      return tables(entries);
    case "csv":
      return csv(entries);
    case "intervals":
      return intervals(entries);
    case "json":
      return json(entries);
    case "html":
      return html(entries);
  }
}

async function* tables(entries: AsyncIterable<ReportedBill>): AsyncGenerator<string> {
  let separator = "";
  for await (const { bill } of entries) {
    yield `${separator}${billTable(bill)}\n`;
    separator = "\n";
  }
}

async function* csv(entries: AsyncIterable<ReportedBill>): AsyncGenerator<string> {
  let isFirst = true;
  for await (const { bill } of entries) {
    if (isFirst) yield csvHeader(bill);
    isFirst = false;
    yield csvBill(bill);
  }
}

async function* intervals(entries: AsyncIterable<ReportedBill>): AsyncGenerator<string> {
  yield INTERVALS_HEADER;
  for await (const entry of entries) yield* intervalLines(entry);
}

async function* json(entries: AsyncIterable<ReportedBill>): AsyncGenerator<string> {
  const all: JsonObject[] = [];
  for await (const { bill, stored } of entries) all.push(stored ?? billJson(bill));
  yield `${exactJsonText({ bills: all })}\n`;
}

async function* html(entries: AsyncIterable<ReportedBill>): AsyncGenerator<string> {
  const all: Pick<ReportedBill, "bill" | "grid">[] = [];
  for await (const { bill, grid } of entries) all.push({ bill, grid });
  yield billsHtml(all, { productVersion: VERSION });
}
