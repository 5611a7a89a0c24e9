// The final bills in the ledger. A bill is stored whole, in one commit, and never changes: a correction is one more
// version. Retention does not touch them.

import type { Database } from "./database.ts";
import { inTransaction } from "./database.ts";

/** What a bill is about. `part` counts contracts of one customer and name in a month, by their start, from 1. */
export interface BillKey {
  readonly customer: string;
  /** Of the contract; null for none. */
  readonly name: string | null;
  /** `2026-10`. */
  readonly period: string;
  readonly part: number;
}

export interface NewBill extends BillKey {
  /** One more than that of the latest version. */
  readonly version: number;
  /** Milliseconds since the epoch. */
  readonly createdMs: number;
  readonly intervalsSha256: string;
  /** The bill with its contract, as it is printed. */
  readonly json: string;
}

export interface StoredBill extends NewBill {
  readonly id: number;
  readonly status: "final" | "corrected";
  /** The version that this one takes the place of; null for the first. */
  readonly corrects: number | null;
}

type Row = Omit<StoredBill, "name"> & { readonly name: string };

const COLUMNS = `id, customer, name, period, part, version, corrects, status, created_ms AS createdMs,
  intervals_sha256 AS intervalsSha256, json`;
const OF_KEY = "customer = @customer AND name = @name AND period = @period AND part = @part";

const SQL = {
  add: `
    INSERT INTO bill (customer, name, period, part, version, corrects, status, created_ms, intervals_sha256, json)
    VALUES (@customer, @name, @period, @part, @version, @corrects, @status, @createdMs, @intervalsSha256, @json)`,
  latest: `SELECT ${COLUMNS} FROM bill WHERE ${OF_KEY} ORDER BY version DESC LIMIT 1`,
  keys: "SELECT customer, name, period, part FROM bill WHERE version = 1 ORDER BY id",
  unwritten: `
    SELECT ${COLUMNS} FROM bill WHERE id NOT IN (SELECT bill_id FROM bill_written) ORDER BY id`,
  written: "INSERT INTO bill_written VALUES (@id, @writtenMs) ON CONFLICT DO NOTHING",
} as const;

export class BillStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The latest version of a bill, if any is stored. */
  latest(key: BillKey): StoredBill | null {
    const row = this.#database.prepare<[BillRow], Row>(SQL.latest).get(bound(key));
    return row === undefined ? null : storedBill(row);
  }

  /**
   * Stores a bill in one commit. False, and nothing is stored, where another program stored that version in between.
   */
  add(bill: NewBill): boolean {
    return inTransaction(this.#database, () => {
      const latest = this.latest(bill)?.version ?? 0;
      if (latest !== bill.version - 1) return false;
      const isFirst = latest === 0;
      const place = { corrects: isFirst ? null : latest, status: isFirst ? "final" : "corrected" };
      this.#database.prepare(SQL.add).run({ ...bill, ...bound(bill), ...place });
      return true;
    });
  }

  /** What there are bills of, in the order in which they first became final. */
  keys(): readonly BillKey[] {
    return this.#database.prepare<[], BillRow>(SQL.keys).all().map(named);
  }

  /** The bills, all versions, whose files were not written yet, oldest first. */
  unwritten(): readonly StoredBill[] {
    return this.#database.prepare<[], Row>(SQL.unwritten).all().map(storedBill);
  }

  /** Notes that a bill's files are in place. */
  noteWritten(id: number, writtenMs: number): void {
    this.#database.prepare(SQL.written).run({ id, writtenMs });
  }
}

/** What there are final bills of, and how far back the intervals go. */
export interface BillingState {
  readonly bills: readonly BillKey[];
  /** Start of the oldest interval; null for none. */
  readonly oldestIntervalMs: number | null;
}

export function billingState(database: Database): BillingState {
  const oldest: unknown = database.prepare("SELECT min(start_ms) FROM interval").pluck().get();
  return { bills: new BillStore(database).keys(), oldestIntervalMs: typeof oldest === "number" ? oldest : null };
}

/** A key as the table has it: no name is "". */
type BillRow = Omit<BillKey, "name"> & { readonly name: string };

function bound({ customer, name, period, part }: BillKey): BillRow {
  return { customer, name: name ?? "", period, part };
}

function named<T extends BillRow>(row: T): Omit<T, "name"> & { readonly name: string | null } {
  return { ...row, name: row.name === "" ? null : row.name };
}

function storedBill(row: Row): StoredBill {
  return named(row);
}
