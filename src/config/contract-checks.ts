// Rules over contracts: dates in order, no day of a customer under two contracts of one name, and the byte layer that is
// counted. Those over prices are in price-checks.ts.

import { TomlDate } from "smol-toml";

import { BYTE_LAYERS } from "../model/byte-layer.ts";
import { entriesAt, type Path, type Table, tableAt, valueAt } from "./document.ts";
import { isTable } from "./fields.ts";
import { priceProblems } from "./price-checks.ts";
import { formatPath, type Problem } from "./problem.ts";

/** Both dates included, `YYYY-MM-DD`; without a date the bounds sort before and after every date. */
interface Term {
  readonly path: Path;
  readonly key: string;
  readonly starts: string;
  readonly ends: string;
}

export function contractProblems(document: Table): Problem[] {
  const entries = entriesAt(document, ["contract"]).filter(({ value }) => isTable(value));
  const terms = entries.flatMap(({ path }) => termOf(tableAt(document, path), path));
  const [backward, ordered] = [terms.filter(isBackward), terms.filter((term) => !isBackward(term))];
  return [
    ...backward.map(backwardProblem),
    ...overlaps(ordered),
    ...entries.flatMap(({ path }) => [
      ...labelProblems(document, path),
      ...layerProblems(document, path),
      ...priceProblems(document, path),
    ]),
  ];
}

function labelProblems(document: Table, path: Path): Problem[] {
  const at = [...path, "labels", "customer"];
  if (valueAt(document, at) === undefined) return [];
  return [{ path: at, text: "is the key customer of the contract already; remove it" }];
}

/** Intervals are kept and pushed in one layer: no other can be billed from them. */
function layerProblems(document: Table, path: Path): Problem[] {
  const { byte_layer: billed } = tableAt(document, path);
  const { byte_layer: counted = "ip" } = tableAt(document, ["account"]);
  if (typeof billed !== "string" || !isByteLayer(billed) || billed === counted) return [];
  const text = `is not account.byte_layer (${JSON.stringify(counted)}), which is what is counted; write the same in both`;
  return [{ path: [...path, "byte_layer"], text }];
}

function isByteLayer(text: string): boolean {
  return BYTE_LAYERS.some((layer) => layer === text);
}

function termOf(contract: Table, path: Path): Term[] {
  const { customer, name, starts, ends } = contract;
  const bounds = { starts: dateOr(starts, ""), ends: dateOr(ends, "~") };
  return bounds.starts === null || bounds.ends === null
    ? []
    : [{ path, key: JSON.stringify([customer, name]), starts: bounds.starts, ends: bounds.ends }];
}

function dateOr(value: unknown, absent: string): string | null {
  if (value === undefined) return absent;
  return value instanceof TomlDate && value.isDate() ? value.toISOString() : null;
}

function isBackward({ starts, ends }: Term): boolean {
  return starts > ends;
}

function backwardProblem({ path, starts }: Term): Problem {
  return { path: [...path, "ends"], text: `is before starts (${starts}); write a later date` };
}

/** Sorted by start, a contract overlaps an earlier one of its key where it starts before the latest end so far. */
function overlaps(terms: readonly Term[]): Problem[] {
  const latest = new Map<string, Term>();
  return terms
    .toSorted((a, b) => (a.starts < b.starts ? -1 : Number(a.starts > b.starts)))
    .flatMap((term) => {
      const earlier = latest.get(term.key);
      if (earlier === undefined || earlier.ends < term.ends) latest.set(term.key, term);
      if (earlier === undefined || earlier.ends < term.starts) return [];
      const other = formatPath(earlier.path);
      const text = `overlaps ${other} of the same customer and name; write another name or other dates`;
      return [{ path: term.path, text, hideValue: true }];
    });
}
