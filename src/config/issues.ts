// Turns the schema's issues into problems: missing keys, wrong types and unknown keys get their text here, everything
// else carries it already.

import type { z } from "zod";

import { type Path, type Table, valueAt } from "./document.ts";
import { isTable } from "./fields.ts";
import { formatKey, formatPath, type Problem } from "./problem.ts";
import { keyAt, namesAt } from "./schema-walk.ts";

const WRITE: Readonly<Record<string, string>> = {
  string: "text in quotes",
  number: "a number without quotes",
  boolean: "true or false",
  array: "a list",
};

export function problemsOf(root: z.core.$ZodType, document: Table, issue: z.core.$ZodIssue): Problem[] {
  const path = issue.path.map((step) => (typeof step === "number" ? step : String(step)));
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey(root, path, key));
  if (issue.code === "invalid_type") return [wrongType({ root, document, path, expected: issue.expected })];
  return [{ path, text: issue.message }];
}

function unknownKey(root: z.core.$ZodType, path: Path, name: string): Problem {
  const known = namesAt(root, path);
  const near = nearest(name, known);
  const fix = near === undefined ? `use one of ${known.join(", ")}` : `did you mean ${near}?`;
  return { path: [...path, name], text: `is an unknown key; ${fix}`, hideValue: true };
}

interface TypeIssue {
  readonly root: z.core.$ZodType;
  readonly document: Table;
  readonly path: Path;
  readonly expected: string;
}

function wrongType({ root, document, path, expected }: TypeIssue): Problem {
  const key = keyAt(root, path);
  const value = valueAt(document, path);
  const example = key?.doc === undefined ? "" : `${key.name} = ${key.doc.example}`;
  if (value === undefined) return { path, text: `is missing; add e.g. ${example}` };
  if (key?.doc !== undefined) return { path, text: `is ${kindOf(value)}; write ${WRITE[expected]}, e.g. ${example}` };
  if (path.at(-1) === undefined || !isSection(expected, key?.list)) {
    return { path, text: `is ${kindOf(value)}; write ${WRITE[expected]}` };
  }
  const name = formatPath(path.filter((step) => typeof step === "string"));
  const list = key?.list ?? typeof path.at(-1) === "number";
  return { path, text: `is ${kindOf(value)}; write ${list ? `[[${name}]]` : `[${name}]`}`, hideValue: true };
}

function isSection(expected: string, list: boolean | undefined): boolean {
  return expected === "object" || list === true;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (value instanceof Date) return "a date or time";
  if (isTable(value)) return "a table";
  if (typeof value === "boolean") return "true or false";
  return typeof value === "string" ? "text" : "a number";
}

/** The known key that a misspelt one most likely means: it begins alike or is at most a third of its letters away. */
function nearest(name: string, known: readonly string[]): string | undefined {
  const begun = known.find((key) => key.startsWith(`${name}_`) || name.startsWith(`${key}_`));
  const ranked = known
    .map((key) => ({ key, distance: editDistance(name, key) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  if (best !== undefined && best.distance <= Math.max(1, Math.floor(name.length / 3))) return formatKey(best.key);
  return begun;
}

/** Levenshtein distance, a row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
