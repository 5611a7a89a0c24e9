// `acct-agent report --close`: what the agent's schedule runs. Makes final what is due and not final yet, however long the
// schedule was missed, and writes the files of each final bill once. Safe to run twice, and at the same time.

import { closeSync, fsyncSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { billKeys } from "../billing/bill-keys.ts";
import { monthAfter, monthAt, monthBefore } from "../billing/bill-period.ts";
import { billFileName } from "../billing/close-file-name.ts";
import { finalBill } from "../billing/finalize.ts";
import { bills } from "../billing/report.ts";
import { billingState, type StoredBill } from "../buffer/bill-store.ts";
import type { Database } from "../buffer/database.ts";
import type { Config } from "../config/config.ts";
import { harmless } from "../lib/harmless-text.ts";
import { systemClock } from "../model/time.ts";
import { billedContracts } from "./billed-contracts.ts";
import { CommandError, complain, type ExitCode } from "./command.ts";
import { writeOutput } from "./output.ts";
import { rendered } from "./report-formats.ts";
import { type BillDesk, deskOf, finalizeContract } from "./report-finalize.ts";
import { type Progress, startProgress } from "./progress.ts";
import type { ReportFormat, ReportOptions } from "./report-options.ts";
import { showContract } from "./report-progress.ts";
import type { ReportedBill } from "./stored-bills.ts";
import { openUsageSource } from "./usage-source.ts";
import { withLedger } from "./with-ledger.ts";

/** JSON last: where it is, all files of the bill are. */
const FILES: readonly (readonly [suffix: string, format: ReportFormat])[] = [
  ["_intervals.csv", "intervals"],
  [".html", "html"],
  [".csv", "csv"],
  [".json", "json"],
];
/** The zone in which a month begins first. */
const EASTERNMOST = "Pacific/Kiritimati";

/** Rejects where something could not be closed or written: what was, stays. */
export async function closeMonths({ config, source: name }: ReportOptions): Promise<ExitCode> {
  await withLedger(config.agent.stateDir, async (database) => {
    const nowMs = systemClock.now();
    await using source = openUsageSource(config, name, systemClock);
    const desk = deskOf(database, { source, name, graceMs: config.billing.graceMs, nowMs });
    using progress = startProgress();
    for (const month of monthsOf(database, nowMs)) await closeMonth(month, { config, desk, progress });
    await writeFiles(config.billing.outputDir, desk);
  });
  return 0;
}

/** The months that the ledger has intervals of, the oldest first. */
function monthsOf(database: Database, nowMs: number): readonly string[] {
  const { oldestIntervalMs } = billingState(database);
  if (oldestIntervalMs === null) return [];
  const months: string[] = [];
  const last = monthAt(EASTERNMOST, nowMs);
  // West of UTC the oldest interval may be in the month before.
  for (let month = monthBefore(monthAt("UTC", oldestIntervalMs)); month < last; month = monthAfter(month))
    months.push(month);
  return months;
}

interface Closing {
  readonly config: Config;
  readonly desk: BillDesk;
  readonly progress: Progress;
}

async function closeMonth(month: string, { config, desk, progress }: Closing): Promise<void> {
  const contracts = await billedContracts(config, desk.source, { month, nowMs: desk.nowMs });
  for (const [index, [contract, key]] of [...billKeys(contracts, month)].entries()) {
    showContract(progress, contract, { index, of: contracts.length, month });
    if (desk.store.latest(key) !== null) continue;
    const outcome = await finalizeContract(contract, { key, correct: false, needsIntervals: true, desk });
    const isLatest = month === monthBefore(monthAt(contract.timeZone, desk.nowMs));
    // Many edges may share one configuration: a customer may have no network here.
    if (outcome.kind === "early" || (outcome.kind === "empty" && !isLatest)) continue;
    complain(outcome.line);
  }
}

async function writeFiles(folder: string | null, desk: BillDesk): Promise<void> {
  if (folder === null) return;
  makeFolder(folder);
  const unwritten = desk.store.unwritten();
  using progress = startProgress();
  for (const [index, stored] of unwritten.entries()) {
    progress.show(() => `writing bill ${index + 1} of ${unwritten.length}: ${stored.customer}, ${stored.period}`);
    const entry = await entryOf(stored, desk);
    const hasIntervals = desk.erasedBeforeMs === null || desk.erasedBeforeMs <= entry.period.coveredStartMs;
    const files = FILES.filter(([, format]) => hasIntervals || format === "csv" || format === "json");
    for (const [suffix, format] of files) {
      const path = join(folder, `${billFileName(stored)}${suffix}`);
      await writeOutput(path, rendered(only(entry), format), "billing.output_dir");
    }
    syncFolder(folder);
    desk.store.noteWritten(stored.id, desk.nowMs);
    complain(`${harmless(stored.customer)}, ${stored.period}: version ${stored.version} is written to ${folder}`);
  }
}

/** A stored bill with the intervals of its period. */
async function entryOf(stored: StoredBill, { source, nowMs }: BillDesk): Promise<ReportedBill> {
  const { bill, json } = finalBill(stored);
  for await (const entry of bills(source, [bill.contract], { month: bill.period, nowMs }))
    return { ...entry, bill, stored: json };
  throw new CommandError(
    `${harmless(stored.customer)}, ${stored.period}: a bill of the future is stored: is the clock right?`,
  );
}

async function* only(entry: ReportedBill): AsyncGenerator<ReportedBill> {
  yield entry;
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const fix = "name a folder that this user may write to";
    throw new CommandError(`billing.output_dir ${folder}: cannot be made (${reason}); ${fix}`, { cause: error });
  }
}

/** The names are on disk before the ledger says that the files are there. */
function syncFolder(folder: string): void {
  const file = openSync(folder, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
