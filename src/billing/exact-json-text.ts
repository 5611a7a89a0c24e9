// Writes JSON as JSON.stringify does with two spaces, but takes integers beyond 2^53 too, as bigint.

import type { ExactJson } from "./exact-json.ts";

/** The text of a value, without a line feed at its end. */
export function exactJsonText(value: ExactJson, indent = ""): string {
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  if (isArray(value))
    return block(
      "[]",
      indent,
      value.map((one) => exactJsonText(one, inner)),
    );
  const pairs = Object.entries(value).map(([key, one]) => `${JSON.stringify(key)}: ${exactJsonText(one, inner)}`);
  return block("{}", indent, pairs);
}

function block(brackets: "[]" | "{}", indent: string, lines: readonly string[]): string {
  if (lines.length === 0) return brackets;
  const [open, close] = brackets;
  return `${open}\n${lines.map((line) => `${indent}  ${line}`).join(",\n")}\n${indent}${close}`;
}

/** Array.isArray does not know readonly arrays. */
function isArray(value: ExactJson): value is readonly ExactJson[] {
  return Array.isArray(value);
}
