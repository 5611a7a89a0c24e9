// `acct-agent report --finalize`: stores the bills of a month that is over, and prints what is stored.

import { billKeys } from "../billing/bill-keys.ts";
import { differenceLine } from "../billing/bill-differences.ts";
import { type BillPeriod, monthAt, monthBefore } from "../billing/bill-period.ts";
import { type BillKey, finalize, type Finalization } from "../billing/finalize.ts";
import { intervalsSha256 } from "../billing/interval-digest.ts";
import type { UsageSource } from "../billing/interval-series.ts";
import { type BillEntry, bills, whyNoBill } from "../billing/report.ts";
import { BillStore } from "../buffer/bill-store.ts";
import type { Database } from "../buffer/database.ts";
import { harmless } from "../lib/harmless-text.ts";
import type { Contract } from "../model/contract.ts";
import { systemClock } from "../model/time.ts";
import { billedContracts } from "./billed-contracts.ts";
import { CommandError, complain, type ExitCode } from "./command.ts";
import { startProgress } from "./progress.ts";
import type { ReportOptions } from "./report-options.ts";
import { contractsFor, printReport } from "./report-print.ts";
import { showContract } from "./report-progress.ts";
import { billName, erasedBeforeMs } from "./stored-bills.ts";
import { openUsageSource } from "./usage-source.ts";
import { withLedger } from "./with-ledger.ts";

/** Where bills are made from and where they are kept. */
export interface BillDesk {
  readonly source: UsageSource;
  readonly store: BillStore;
  readonly graceMs: number;
  /** Until when the source lost intervals that it had; null for none. */
  readonly erasedBeforeMs: number | null;
  readonly nowMs: number;
}

/** 1 where a bill is not stored as it is today: it is too early, its intervals are gone, or it differs. */
export async function finalizeReport(options: ReportOptions): Promise<ExitCode> {
  const nowMs = systemClock.now();
  const month = options.month ?? monthBefore(monthAt("UTC", nowMs));
  const { agent } = options.config;
  const kinds = await withLedger(agent.stateDir, (database) => finalizeMonth(database, { ...options, month }, nowMs));
  if (kinds.every((kind) => kind === "early" || kind === "erased")) return 1;
  await printReport({ ...options, month }, false);
  return kinds.every((kind) => kind === "stored" || kind === "unchanged") ? 0 : 1;
}

type MonthOptions = ReportOptions & { readonly month: string };

async function finalizeMonth(database: Database, options: MonthOptions, nowMs: number) {
  const { config, month, source: name, correct } = options;
  await using source = openUsageSource(config, name, systemClock);
  const contracts = await billedContracts(config, source, { month, nowMs });
  const asked = contractsFor(contracts, options);
  const keys = billKeys(contracts, month);
  const desk = deskOf(database, { source, name, graceMs: config.billing.graceMs, nowMs });
  const outcomes: FinalizeOutcome[] = [];
  using progress = startProgress();
  for (const [index, contract] of asked.entries()) {
    showContract(progress, contract, { index, of: asked.length, month });
    const key = keys.get(contract);
    if (key !== undefined)
      outcomes.push(await finalizeContract(contract, { key, correct, needsIntervals: false, desk }));
  }
  if (outcomes.length === 0) throw new CommandError(whyNoBill(asked, { month, nowMs }));
  for (const outcome of outcomes) complain(outcome.line);
  return outcomes.map(({ kind }) => kind);
}

export function deskOf(
  database: Database,
  { name, ...desk }: Omit<BillDesk, "store" | "erasedBeforeMs"> & { readonly name: ReportOptions["source"] },
): BillDesk {
  return { ...desk, store: new BillStore(database), erasedBeforeMs: erasedBeforeMs(database, name) };
}

/** What became of a bill, and a line that says so. */
export interface FinalizeOutcome {
  readonly kind: Finalization["kind"] | "early" | "erased" | "empty";
  readonly line: string;
}

export interface FinalizeRequest {
  readonly key: BillKey;
  readonly correct: boolean;
  /** Leaves alone what nothing was observed of. */
  readonly needsIntervals: boolean;
  readonly desk: BillDesk;
}

/** Makes the bill of a contract that covers the month of `key` final, if it may be. */
export async function finalizeContract(
  contract: Contract,
  { key, correct, needsIntervals, desk }: FinalizeRequest,
): Promise<FinalizeOutcome> {
  const { source, store: archive, nowMs } = desk;
  for await (const entry of bills(source, [contract], { month: key.period, nowMs })) {
    const refused = refusalOf(entry, desk, archive.latest(key) !== null);
    if (refused !== null) return { ...refused, line: `${billName(entry.bill)}: ${refused.line}` };
    if (needsIntervals && entry.bill.intervalsObserved === 0) {
      const fix = `report --finalize --month ${key.period} makes it final all the same`;
      return { kind: "empty", line: `${billName(entry.bill)}: not one interval was observed; ${fix}` };
    }
    const computed = { bill: entry.bill, intervalsSha256: intervalsSha256(entry.usage.series) };
    return described(finalize(computed, { archive, key, correct, nowMs }));
  }
  return { kind: "early", line: `${harmless(key.customer)}, ${key.period}: has not begun` };
}

/** When a month's bills may become final. */
function finalFromMs({ month }: BillPeriod, graceMs: number): number {
  return month.endMs + graceMs;
}

function refusalOf({ period }: BillEntry, desk: BillDesk, isStored: boolean): FinalizeOutcome | null {
  const fromMs = finalFromMs(period, desk.graceMs);
  if (desk.nowMs < fromMs)
    return {
      kind: "early",
      line: `is not over: it may become final from ${iso(fromMs)} on (its end and billing.grace)`,
    };
  if (desk.erasedBeforeMs === null || desk.erasedBeforeMs <= period.coveredStartMs) return null;
  const erased = `its intervals before ${iso(desk.erasedBeforeMs)} are erased (buffer.retention)`;
  if (isStored) return { kind: "unchanged", line: `${erased}: the stored bill stays as it is` };
  return { kind: "erased", line: `${erased}: it cannot become final` };
}

function described(outcome: Finalization): FinalizeOutcome {
  const { kind, final } = outcome;
  const { bill } = final;
  const name = `${billName(bill)}: ${bill.status}, version ${bill.version}`;
  switch (outcome.kind) {
    case "stored":
      return { kind, line: `${name}, is stored${coverageText(bill)}` };
    case "unchanged":
      return { kind, line: `${name}, is stored already, and the same today` };
    case "differs": {
      const differences = harmless(differenceLine(outcome.differences));
      return { kind, line: `${name}, stays: ${differences}; --correct stores a corrected version` };
    }
  }
}

function coverageText({ coverage, gaps }: BillEntry["bill"]): string {
  if (coverage === 1) return "";
  return `; its coverage is INCOMPLETE: ${(coverage * 100).toFixed(3)} %, gaps: ${gaps.length}`;
}

function iso(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
