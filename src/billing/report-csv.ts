// Bills as CSV: a line each, the columns of which are the keys of the JSON, joined with `_` where they nest. They are the
// same for all bills. Lines end in CR LF (RFC 4180).

import type { Bill } from "./bill.ts";
import { billJson } from "./bill-json.ts";
import { type Cell, csvLine } from "./csv.ts";
import { type ExactJson, jsonLine } from "./exact-json.ts";

type Column = readonly [name: string, cell: Cell];

/** What has columns where it is null, too. */
const PARTS: ReadonlyMap<string, readonly string[]> = new Map([
  ["charge", ["currency", "amount"]],
  ["projection", ["best_bps", "same_bps", "worst_bps"]],
]);
/** An object whose keys are not the same in all bills: JSON in one field, as lists are. */
const LABELS = "contract_labels";

/** One line of column names; none where there is no bill. */
export function csvHeader(bill: Bill): string {
  return lineOf(columnsOf(billJson(bill), "").map(([name]) => name));
}

export function csvBill(bill: Bill): string {
  return lineOf(columnsOf(billJson(bill), "").map(([, cell]) => cell));
}

function lineOf(cells: readonly Cell[]): string {
  return `${csvLine(cells)}\r\n`;
}

function columnsOf(value: ExactJson, name: string): Column[] {
  const parts = PARTS.get(name);
  if (value === null && parts !== undefined) return parts.map((part) => [`${name}_${part}`, null]);
  if (typeof value !== "object" || value === null) return [[name, value]];
  if (Array.isArray(value) || name === LABELS) return [[name, jsonLine(value)]];
  const prefix = name === "" ? "" : `${name}_`;
  return Object.entries(value).flatMap(([key, part]) => columnsOf(part, `${prefix}${key}`));
}
