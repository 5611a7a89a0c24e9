// What differs between two bills as JSON: what was stored or handed out, and what a recomputation makes of it.

import { equalJson, type ExactJson, jsonLine } from "./exact-json.ts";

export interface Difference {
  /** As in the JSON, `contract.commit_mbps` for keys inside. */
  readonly key: string;
  /** On one line each; `missing` where there is none. */
  readonly was: string;
  readonly is: string;
}

export type JsonObject = { readonly [key: string]: ExactJson };

/** A bill's place among its versions says nothing about what it was made of. */
const PLACE: ReadonlySet<string> = new Set(["status", "version", "corrects"]);
const LONGEST_VALUE = 200;

/** The keys of `was` that `is` has otherwise; keys that only `is` has are additions of a later program. */
export function billDifferences(was: JsonObject, is: JsonObject): readonly Difference[] {
  return Object.keys(was)
    .filter((key) => !PLACE.has(key))
    .flatMap((key) => differencesAt(key, was[key], is[key]));
}

/** `key was X, is Y; ...` on one line. */
export function differenceLine(differences: readonly Difference[]): string {
  return differences.map(({ key, was, is }) => `${key} was ${was}, is ${is}`).join("; ");
}

export function isJsonObject(value: ExactJson | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function differencesAt(path: string, was: ExactJson | undefined, is: ExactJson | undefined): readonly Difference[] {
  if (equalJson(was, is)) return [];
  if (!isJsonObject(was) || !isJsonObject(is)) return [{ key: path, was: shown(was), is: shown(is) }];
  return Object.keys(was).flatMap((key) => differencesAt(`${path}.${key}`, was[key], is[key]));
}

function shown(value: ExactJson | undefined): string {
  const text = jsonLine(value);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}...` : text;
}
