// Recomputes a bill that somebody has in hand, by the contract that it states, and says what differs.

import type { Parsed } from "../model/prefix.ts";
import { BILLING_INTERVAL_MS } from "../model/time.ts";
import type { Bill } from "./bill.ts";
import { type Difference, billDifferences, isJsonObject, type JsonObject } from "./bill-differences.ts";
import { billFromJson } from "./bill-from-json.ts";
import { billJson } from "./bill-json.ts";
import { type BillPeriod, billPeriod, usageSelection } from "./bill-period.ts";
import { computeBill } from "./compute-bill.ts";
import { type ExactJson, parseExactJson } from "./exact-json.ts";
import { intervalsSha256 } from "./interval-digest.ts";
import type { UsageSource } from "./interval-series.ts";
import { LATE_INTERVALS } from "./month-grid.ts";

/** A bill out of a file: as it stands there, and read. */
export interface StatedBill {
  readonly json: JsonObject;
  readonly bill: Bill;
}

export type Verdict =
  | { readonly kind: "equal" }
  | { readonly kind: "different"; readonly differences: readonly Difference[] }
  /** The source has no longer what the bill was made of: the ledger erased it, or there is nothing at all. */
  | { readonly kind: "gone"; readonly erasedBeforeMs: number | null };

export interface VerifySource {
  readonly source: UsageSource;
  /** Until when the ledger erased intervals; null where it erased none, and of Prometheus. */
  readonly erasedBeforeMs: number | null;
}

/** The bills of a file `{"bills": [...]}`; else what makes it unusable, on one line. */
export function statedBills(text: string): Parsed<readonly StatedBill[]> {
  const document = parsed(text);
  if (!document.ok) return document;
  const bills = isJsonObject(document.value) ? document.value["bills"] : undefined;
  if (!isList(bills)) return { ok: false, problem: 'is not {"bills": [...]}, as report --format json writes it' };
  const stated: StatedBill[] = [];
  for (const [index, json] of bills.entries()) {
    const bill = billFromJson(json);
    if (!bill.ok) return { ok: false, problem: `bills[${index}]: ${bill.problem}` };
    if (isJsonObject(json)) stated.push({ json, bill: bill.value });
  }
  return { ok: true, value: stated };
}

/** Recomputes a bill from `source`. Rejects where the source cannot tell. */
export async function verifyBill(stated: StatedBill, { source, erasedBeforeMs }: VerifySource): Promise<Verdict> {
  const { contract, period: month, toMs, intervalsObserved } = stated.bill;
  const period = billPeriod(contract, month, toMs);
  if (period === null) return different([{ key: "period", was: month, is: "not a month of the contract" }]);
  const selection = usageSelection(contract, period);
  const usage = await source.usage(selection);
  const { bill } = computeBill({ contract, period: asItWas(period), usage });
  const sha256 = stated.bill.intervalsSha256 === null ? null : intervalsSha256(usage.series);
  const verdict = different(billDifferences(stated.json, billJson({ ...bill, intervalsSha256: sha256 })));
  if (verdict.kind === "equal") return verdict;
  if (erasedBeforeMs !== null && erasedBeforeMs > selection.startMs) return { kind: "gone", erasedBeforeMs };
  return usage.series.length === 0 && intervalsObserved > 0 ? { kind: "gone", erasedBeforeMs: null } : verdict;
}

/**
 * The period of a month that was not over, at any time at which it led to the end that the bill states: up to two
 * intervals may have been left out then, which the ledger has by now.
 */
function asItWas(period: BillPeriod): BillPeriod {
  const { endMs, coveredEndMs } = period;
  if (period.isOver || endMs > coveredEndMs) return period;
  return { ...period, endMs: Math.min(endMs + LATE_INTERVALS * BILLING_INTERVAL_MS, coveredEndMs) };
}

function different(differences: readonly Difference[]): Verdict {
  return differences.length === 0 ? { kind: "equal" } : { kind: "different", differences };
}

function parsed(text: string): Parsed<ExactJson> {
  try {
    return { ok: true, value: parseExactJson(text) };
  } catch (error) {
    return { ok: false, problem: `is no JSON (${error instanceof Error ? error.message : String(error)})` };
  }
}

function isList(value: ExactJson | undefined): value is readonly ExactJson[] {
  return Array.isArray(value);
}
