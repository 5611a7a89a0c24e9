// The final bills of a month beside what a report computes: where a bill is stored, the report is that bill, whatever has
// become of its intervals, its contract or its customer since.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { billDifferences, differenceLine, isJsonObject, type JsonObject } from "../billing/bill-differences.ts";
import { billKeys } from "../billing/bill-keys.ts";
import { contractJson } from "../billing/contract-json.ts";
import { type BillKey, differencesFrom, type FinalBill, finalBill } from "../billing/finalize.ts";
import { intervalsSha256 } from "../billing/interval-digest.ts";
import type { BillEntry } from "../billing/report.ts";
import { BillStore } from "../buffer/bill-store.ts";
import { type Database, LEDGER_FILE } from "../buffer/database.ts";
import { openSnapshot } from "../buffer/read-only-ledger.ts";
import { intervalsErasedBefore } from "../buffer/retention.ts";
import { harmless } from "../lib/harmless-text.ts";
import type { Contract } from "../model/contract.ts";
import { complain } from "./command.ts";
import type { SourceName } from "./usage-source.ts";

/** A bill as it is to be printed: as it was stored, or computed. */
export interface ReportedBill extends BillEntry {
  /** As it was stored; null for a provisional bill. */
  readonly stored: JsonObject | null;
}

/** Of one month, as of the moment at which they were read. */
export interface StoredBills {
  readonly finals: readonly (FinalBill & { readonly key: BillKey })[];
  /** Until when the ledger erased intervals; null where it erased none, and where bills are not made of the ledger. */
  readonly erasedBeforeMs: number | null;
}

export const NO_STORED_BILLS: StoredBills = { finals: [], erasedBeforeMs: null };

/** Reads what the ledger of `stateDir` has stored of a month; nothing where there is no ledger. */
export function storedBills(stateDir: string, month: string, source: SourceName): StoredBills {
  if (!existsSync(join(stateDir, LEDGER_FILE))) return NO_STORED_BILLS;
  using ledger = openSnapshot(stateDir);
  const store = new BillStore(ledger.database);
  const latest = store.keys().flatMap((key) => (key.period === month ? (store.latest(key) ?? []) : []));
  const finals = latest.map((bill) => ({ ...finalBill(bill), key: bill }));
  return { finals, erasedBeforeMs: erasedBeforeMs(ledger.database, source) };
}

/** Until when a source lost intervals that it once had. */
export function erasedBeforeMs(database: Database, source: SourceName): number | null {
  return source === "ledger" ? intervalsErasedBefore(database) : null;
}

/** What to bill: the contracts of stored bills as they were then, and the others as they are now. */
export class Settlement {
  readonly contracts: readonly Contract[];
  readonly #finals = new Map<Contract, FinalBill>();
  readonly #now = new Map<Contract, Contract>();
  readonly #erasedBeforeMs: number | null;

  constructor(contracts: readonly Contract[], { finals, erasedBeforeMs: erased }: StoredBills) {
    this.#erasedBeforeMs = erased;
    const month = finals[0]?.key.period;
    const keys = month === undefined ? [] : billKeys(contracts, month);
    const known = new Map([...keys].map(([contract, key]) => [keyText(key), contract]));
    const closed = new Map<Contract, Contract>();
    for (const { key, ...final } of finals) {
      const { contract } = final.bill;
      this.#finals.set(contract, final);
      const now = known.get(keyText(key));
      if (now === undefined) continue;
      this.#now.set(contract, now);
      closed.set(now, contract);
    }
    const others = [...this.#finals.keys()].filter((contract) => !this.#now.has(contract));
    this.contracts = [...contracts.map((contract) => closed.get(contract) ?? contract), ...others];
  }

  /** Puts stored bills in the place of computed ones; where it `compares`, complains of what a recomputation differs in. */
  async *settle(entries: AsyncIterable<BillEntry>, compares: boolean): AsyncGenerator<ReportedBill> {
    for await (const entry of entries) {
      const final = this.#finals.get(entry.bill.contract);
      if (final === undefined) yield { ...entry, stored: null };
      else {
        if (compares) this.#compare(final, entry);
        yield { ...entry, bill: final.bill, stored: final.json };
      }
    }
  }

  #compare(final: FinalBill, { bill, usage, period }: BillEntry): void {
    const contract = this.#now.get(final.bill.contract);
    const stated = final.json["contract"];
    const ofContract =
      contract === undefined || !isJsonObject(stated) ? [] : billDifferences(stated, contractJson(contract));
    const isErased = this.#erasedBeforeMs !== null && this.#erasedBeforeMs > period.coveredStartMs;
    const ofFigures = isErased ? [] : differencesFrom(final, { bill, intervalsSha256: intervalsSha256(usage.series) });
    const all = [...ofContract.map((one) => ({ ...one, key: `contract.${one.key}` })), ...ofFigures];
    if (all.length > 0) complain(`${billName(bill)}: is ${final.bill.status}; today ${line(all)}; ${CORRECT}`);
  }
}

const CORRECT = "report --finalize --correct stores a corrected version";

/** What a line about a bill begins with. */
export function billName({ contract: { customer, name }, period }: BillEntry["bill"]): string {
  return `${harmless(customer)}${name === null ? "" : ` (${harmless(name)})`}, ${period}`;
}

function line(differences: Parameters<typeof differenceLine>[0]): string {
  return harmless(differenceLine(differences));
}

function keyText({ customer, name, period, part }: BillKey): string {
  return JSON.stringify([customer, name, period, part]);
}
