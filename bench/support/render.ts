// Tables and targets as text.

import type { Report, Table } from "./benchmark.ts";

export function renderReport({ tables, targets, notes }: Report): string {
  const verdicts = targets.map(
    ({ what, target, measured, met }) => `${met ? "met   " : "MISSED"}  ${what}: ${measured} (target ${target})`,
  );
  const blocks = [...tables.map(renderTable), notes.map((note) => `- ${note}`).join("\n"), verdicts.join("\n")];
  return blocks.filter((block) => block !== "").join("\n\n");
}

function renderTable({ title, columns, rows }: Table): string {
  const widths = columns.map((column, index) => Math.max(column.length, ...rows.map((row) => row[index]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, index) => (index === 0 ? cell.padEnd(widths[index] ?? 0) : cell.padStart(widths[index] ?? 0)))
      .join("  ")
      .trimEnd();
  const rule = widths.map((width) => "-".repeat(width)).join("  ");
  return [title, line(columns), rule, ...rows.map(line)].join("\n");
}
