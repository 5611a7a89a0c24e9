// Tables of the pages: a caption, heads with their scope, rows that keep their identity when the page refreshes, and
// what is too long for a column in a line of its own.

import { createHash } from "node:crypto";
import { type Content, markup, type Markup } from "../../billing/html/markup.ts";
import { type Column, COLUMNS, type TableName } from "./columns.ts";

export interface Row {
  /** What tells the row from the others of its table; any text. */
  readonly key: string;
  readonly head: Content;
  /** One for each column but the first. */
  readonly cells: readonly Content[];
  /** Below the row, as wide as the table. */
  readonly note?: Content;
  readonly level?: "near" | "over";
}

export interface Table {
  readonly name: TableName;
  readonly caption: string;
  readonly rows: readonly Row[];
}

/** A table that scrolls in itself where it is wider than its place. */
export function table({ name, caption, rows }: Table): Markup {
  const columns: readonly Column[] = COLUMNS[name];
  const ids = rowIds(name, rows);
  const body = rows.map((row, index) => rowMarkup(row, columns, ids[index] ?? ""));
  return markup`<div class="scroll" id="${name}-scroll" tabindex="0" role="group" aria-label="${caption}">
<table class="cards ${name}">
<caption class="unseen">${caption}</caption>
<thead>${heads(columns)}</thead>
<tbody>
${body}</tbody>
</table>
</div>`;
}

/** Names may be any text, so ids are made of digests; equal keys are told apart by their place. */
function rowIds(name: string, rows: readonly Row[]): readonly string[] {
  const used = new Set<string>();
  return rows.map(({ key }, index) => {
    const digest = createHash("sha256").update(key).digest("hex").slice(0, 12);
    const id = used.has(digest) ? `${name}-${digest}-${index}` : `${name}-${digest}`;
    used.add(digest);
    return id;
  });
}

function rowMarkup({ head, cells, note, level }: Row, columns: readonly Column[], id: string): Markup {
  const data = cells.map((cell, index) => {
    const kind = columns[index + 1]?.kind;
    return markup`<td${kind !== undefined && markup` class="${kind}"`}>${cell}</td>`;
  });
  const below = note && markup`<tr class="note" id="${id}-note"><td colspan="${columns.length}">${note}</td></tr>\n`;
  const classes = [below && "noted", level && `row-${level}`].filter((name) => typeof name === "string").join(" ");
  return markup`<tr id="${id}"${classes !== "" && markup` class="${classes}"`}><th scope="row">${head}</th>${data}</tr>\n${below ?? null}`;
}

function heads(columns: readonly Column[]): Markup {
  if (columns.every(({ group }) => group === undefined)) {
    return markup`<tr>${columns.map((column) => columnHead(column, unitOf(column)))}</tr>`;
  }
  const grouped = columns.filter(({ group }) => group !== undefined);
  return markup`<tr>${columns.map((column, index) => groupHead(columns, column, index))}</tr>
<tr>${grouped.map((column) => columnHead(column, null))}</tr>`;
}

function groupHead(columns: readonly Column[], column: Column, index: number): Markup | null {
  const { group, unit } = column;
  if (group === undefined)
    return markup`<th scope="col" rowspan="2"${kindClass(column)}>${column.title}${unitOf({ unit })}</th>`;
  if (columns[index - 1]?.group === group) return null;
  const width = columns.filter((other) => other.group === group).length;
  return markup`<th scope="colgroup" colspan="${width}" class="group"><span>${group}${unitOf({ unit })}</span></th>`;
}

function columnHead(column: Column, unit: Markup | null): Markup {
  return markup`<th scope="col"${kindClass(column)}>${column.title}${unit}</th>`;
}

function kindClass({ kind }: Column): Markup | null {
  return kind === undefined ? null : markup` class="${kind}"`;
}

function unitOf({ unit }: { readonly unit?: string | undefined }): Markup | null {
  return unit === undefined ? null : markup` <span class="unit">${unit}</span>`;
}
