// A month's bill becomes final: stored once and never changed. What the bill would be today may differ from what was
// stored; then somebody decides, and a corrected version names the one that it takes the place of.

import type { Bill } from "./bill.ts";
import { type Difference, billDifferences, isJsonObject, type JsonObject } from "./bill-differences.ts";
import { billFromJson } from "./bill-from-json.ts";
import { billJson } from "./bill-json.ts";
import { parseExactJson } from "./exact-json.ts";
import { exactJsonText } from "./exact-json-text.ts";

/** What a stored bill is about. `part` counts contracts of one customer and name in a month, by their start, from 1. */
export interface BillKey {
  readonly customer: string;
  readonly name: string | null;
  readonly period: string;
  readonly part: number;
}

export interface ArchivedBill extends BillKey {
  readonly version: number;
  readonly createdMs: number;
  readonly intervalsSha256: string;
  /** As `billJson` writes it. */
  readonly json: string;
}

/** Where final bills are kept for good. */
export interface BillArchive {
  latest(key: BillKey): ArchivedBill | null;
  /** False, and nothing is stored, where that version is there by now. */
  add(bill: ArchivedBill): boolean;
}

/** A stored bill as it was printed, and read. */
export interface FinalBill {
  readonly json: JsonObject;
  readonly bill: Bill;
}

export type Finalization =
  | { readonly kind: "stored" | "unchanged"; readonly final: FinalBill }
  /** Nothing was stored: a correction has to be asked for. */
  | { readonly kind: "differs"; readonly final: FinalBill; readonly differences: readonly Difference[] };

export interface FinalizeOptions {
  readonly archive: BillArchive;
  readonly key: BillKey;
  /** Stores a corrected version where the bill differs from the stored one. */
  readonly correct: boolean;
  readonly nowMs: number;
}

/** A computed bill with the digest of the intervals that it was made of. */
export interface DigestedBill {
  readonly bill: Bill;
  readonly intervalsSha256: string;
}

/** Stores what was computed of a month that is over, unless it is stored already. */
export function finalize(computed: DigestedBill, options: FinalizeOptions): Finalization {
  const { archive, key, correct } = options;
  const latest = archive.latest(key);
  if (latest === null) return store(computed, null, options);
  const final = finalBill(latest);
  const differences = differencesFrom(final, computed);
  if (differences.length === 0) return { kind: "unchanged", final };
  return correct ? store(computed, latest.version, options) : { kind: "differs", final, differences };
}

/** A stored bill, read. Throws where it is not one that this program, or an earlier one, wrote. */
export function finalBill({ customer, period, version, json: text }: ArchivedBill): FinalBill {
  const json = parseExactJson(text);
  const bill = billFromJson(json);
  if (bill.ok && isJsonObject(json)) return { json, bill: bill.value };
  const problem = bill.ok ? "is not an object" : bill.problem;
  throw new Error(`billing: the stored bill of ${JSON.stringify(customer)}, ${period}, version ${version}: ${problem}`);
}

/** What a recomputation says otherwise than a stored bill. */
export function differencesFrom({ json }: FinalBill, { bill, intervalsSha256 }: DigestedBill): readonly Difference[] {
  return billDifferences(json, billJson({ ...bill, intervalsSha256 }));
}

function store(computed: DigestedBill, corrects: number | null, options: FinalizeOptions): Finalization {
  const { archive, key, nowMs } = options;
  const version = (corrects ?? 0) + 1;
  const status = corrects === null ? "final" : "corrected";
  const bill: Bill = { ...computed.bill, intervalsSha256: computed.intervalsSha256, status, version, corrects };
  const json = billJson(bill);
  const { intervalsSha256 } = computed;
  const isNew = archive.add({ ...key, version, createdMs: nowMs, intervalsSha256, json: exactJsonText(json) });
  // Another program was faster: what it stored is looked at as if it had been there before.
  return isNew ? { kind: "stored", final: { json, bill } } : finalize(computed, options);
}
