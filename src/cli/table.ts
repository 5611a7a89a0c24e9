// Plain tables for a terminal.

import { fillToWidth, textWidth } from "./text-width.ts";

/** Columns padded to their widest cell, those of `right` on their left; "" where there are no rows. */
export function renderTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly string[] = [],
): string {
  if (rows.length === 0) return "";
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => textWidth(row[column] ?? ""))));
  const sides = header.map((title) => (right.includes(title) ? "right" : "left"));
  const cellOf = (cell: string, column: number): string =>
    fillToWidth(cell, widths[column] ?? 0, sides[column] ?? "left");
  return all.map((row) => row.map(cellOf).join("  ").trimEnd()).join("\n");
}
