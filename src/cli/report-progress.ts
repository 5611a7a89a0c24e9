// Which contract of how many a report is at.

import type { BillMonth } from "../billing/bill-period.ts";
import type { UsageSource } from "../billing/interval-series.ts";
import { type BillEntry, bills } from "../billing/report.ts";
import type { Contract } from "../model/contract.ts";
import { type Progress, startProgress } from "./progress.ts";

/** The bills of those contracts that cover the month, as `bills` yields them, with progress until the last one is read. */
export async function* billsWithProgress(
  source: UsageSource,
  contracts: readonly Contract[],
  month: BillMonth,
): AsyncGenerator<BillEntry> {
  using progress = startProgress();
  for (const [index, contract] of contracts.entries()) {
    showContract(progress, contract, { index, of: contracts.length });
    yield* bills(source, [contract], month);
  }
}

/** `index` counts from 0. */
export function showContract(
  progress: Progress,
  { customer }: Pick<Contract, "customer">,
  { index, of, month }: { readonly index: number; readonly of: number; readonly month?: string },
): void {
  progress.show(() => `${month === undefined ? "" : `${month}: `}contract ${index + 1} of ${of}: ${customer}`);
}
