// The bills of a month: the stored ones as they were stored, the others as computed from the ledger or from Prometheus.

import { type BillEntry, whyNoBill } from "../billing/report.ts";
import { harmless } from "../lib/harmless-text.ts";
import type { Contract } from "../model/contract.ts";
import { systemClock } from "../model/time.ts";
import { billedContracts } from "./billed-contracts.ts";
import { CommandError, type ExitCode } from "./command.ts";
import { writeOutput } from "./output.ts";
import { rendered } from "./report-formats.ts";
import type { ReportOptions } from "./report-options.ts";
import { billsWithProgress } from "./report-progress.ts";
import { NO_STORED_BILLS, type StoredBills, Settlement, storedBills } from "./stored-bills.ts";
import { openUsageSource } from "./usage-source.ts";

const NAMES_SHOWN = 10;

/** Prints the bills that `options` ask for, and says where a stored one differs today. Throws CommandError where there is none. */
export async function printReport(options: ReportOptions, compares = true): Promise<ExitCode> {
  const { config, month, source: name } = options;
  const billMonth = { month, nowMs: systemClock.now() };
  await using source = openUsageSource(config, name, systemClock);
  const all = await billedContracts(config, source, billMonth);
  const settlement = new Settlement(all, stored(options));
  const asked = contractsFor(settlement.contracts, options);
  const computed = billsWithProgress(source, asked, billMonth);
  const entries = await notEmpty(computed, () => whyNoBill(asked, billMonth));
  await writeOutput(options.output, rendered(settlement.settle(entries, compares), options.format));
  return 0;
}

function stored({ config, month, source, recompute }: ReportOptions): StoredBills {
  // The month that runs, each in its zone, has no final bill.
  return month === null || recompute ? NO_STORED_BILLS : storedBills(config.agent.stateDir, month, source);
}

/** The contracts of the customer that is asked for. Throws CommandError where there is no such customer. */
export function contractsFor(
  contracts: readonly Contract[],
  { customer }: Pick<ReportOptions, "customer">,
): readonly Contract[] {
  if (customer === null) return contracts;
  const asked = contracts.filter((contract) => contract.customer === customer);
  if (asked.length > 0) return asked;
  const known = [...new Set(contracts.map((contract) => contract.customer))];
  const shown = known.slice(0, NAMES_SHOWN).map((name) => JSON.stringify(harmless(name)));
  const more = known.length > NAMES_SHOWN ? ` and ${known.length - NAMES_SHOWN} more` : "";
  const fix = known.length === 0 ? "there is none at all" : `there are ${shown.join(", ")}${more}`;
  throw new CommandError(`--customer ${JSON.stringify(harmless(customer))}: is no customer of this month; ${fix}`);
}

/** The entries as they are; throws what `why` says where there is not one, before anything is written. */
async function notEmpty(entries: AsyncGenerator<BillEntry>, why: () => string): Promise<AsyncIterable<BillEntry>> {
  const first = await entries.next();
  if (first.done === true) throw new CommandError(why());
  return chained(first.value, entries);
}

async function* chained(first: BillEntry, others: AsyncIterable<BillEntry>): AsyncGenerator<BillEntry> {
  yield first;
  yield* others;
}
