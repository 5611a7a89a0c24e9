// Says which months lose their intervals soon without a final bill: what retention erases can never be billed again.

import { Calendar } from "./model/calendar.ts";

export interface BilledContract {
  readonly customer: string;
  readonly name: string | null;
  readonly timeZone: string;
  /** First and last day, `YYYY-MM-DD`. */
  readonly starts: string | null;
  readonly ends: string | null;
}

export interface BilledPeriod {
  readonly customer: string;
  readonly name: string | null;
  /** `2026-10`. */
  readonly period: string;
}

/** What of the ledger the answer rests on. */
export interface BillingState {
  readonly bills: readonly BilledPeriod[];
  /** Start of the oldest interval that is left; null for none. */
  readonly oldestIntervalMs: number | null;
}

export interface UnbilledPeriod extends BilledPeriod {
  /** When its first interval will have been erased. */
  readonly erasedFromMs: number;
}

const DAY_MS = 86_400_000;
/** How long before the first interval goes. */
const NOTICE_MS = 7 * DAY_MS;

/** The contracts' months whose first interval goes within a week, and that have no final bill. */
export function unbilledPeriods(
  contracts: readonly BilledContract[],
  { bills, oldestIntervalMs }: BillingState,
  { nowMs, retentionMs }: { readonly nowMs: number; readonly retentionMs: number },
): readonly UnbilledPeriod[] {
  if (oldestIntervalMs === null) return [];
  const keptFromMs = nowMs - retentionMs;
  const billed = new Set(bills.map(keyOf));
  return contracts.flatMap((contract) => {
    const { customer, name, timeZone } = contract;
    const month = new Calendar(timeZone).monthAt(keptFromMs + NOTICE_MS);
    const period = `${month.period.slice(0, 4)}-${month.period.slice(4)}`;
    const isDue = month.startMs > keptFromMs && oldestIntervalMs < month.endMs && covers(contract, period);
    if (!isDue || billed.has(keyOf({ customer, name, period }))) return [];
    return [{ customer, name, period, erasedFromMs: month.startMs + retentionMs }];
  });
}

function covers({ starts, ends }: BilledContract, period: string): boolean {
  return (starts ?? period).slice(0, 7) <= period && (ends ?? period).slice(0, 7) >= period;
}

function keyOf({ customer, name, period }: BilledPeriod): string {
  return JSON.stringify([customer, name, period]);
}
