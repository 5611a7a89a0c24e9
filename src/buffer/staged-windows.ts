// Windows of capture files on their way into the ledger, in temporary tables: reading a long file neither fills memory
// nor locks the ledger. A file's windows are kept or discarded as one, when the whole file has been read.

import type { Statement } from "better-sqlite3";
import { addressAt, addressFromBytes, addressToBytes } from "../model/address.ts";
import { addTotals, emptyTotals, type UsageColumns, type WindowTotals } from "../model/window.ts";
import type { Database } from "./database.ts";

const SCHEMA = `
  CREATE TEMP TABLE staged_window (start_ms INTEGER PRIMARY KEY, observed_ms INTEGER NOT NULL, totals TEXT NOT NULL);
  CREATE TEMP TABLE staged_usage (
    start_ms INTEGER NOT NULL, network INTEGER NOT NULL, address BLOB NOT NULL,
    bytes_in INTEGER NOT NULL, packets_in INTEGER NOT NULL, bytes_out INTEGER NOT NULL, packets_out INTEGER NOT NULL,
    PRIMARY KEY (start_ms, network, address)
  ) WITHOUT ROWID;`;

const SQL = {
  starts: "SELECT start_ms AS startMs FROM staged_window ORDER BY start_ms",
  window: "SELECT observed_ms AS observedMs, totals FROM staged_window WHERE start_ms = ?",
  setWindow: `
    INSERT INTO staged_window VALUES (@startMs, @observedMs, @totals)
    ON CONFLICT DO UPDATE SET observed_ms = excluded.observed_ms, totals = excluded.totals`,
  addUsage: `
    INSERT INTO staged_usage VALUES (?, ?, ?, CAST(? AS INTEGER), CAST(? AS INTEGER), CAST(? AS INTEGER), CAST(? AS INTEGER))
    ON CONFLICT DO UPDATE SET
      bytes_in = bytes_in + excluded.bytes_in, packets_in = packets_in + excluded.packets_in,
      bytes_out = bytes_out + excluded.bytes_out, packets_out = packets_out + excluded.packets_out`,
  usage: `
    SELECT network, address, bytes_in AS bytesIn, packets_in AS packetsIn, bytes_out AS bytesOut, packets_out AS packetsOut
    FROM staged_usage WHERE start_ms = ?`,
} as const;

export interface StagedWindow {
  readonly observedMs: number;
  readonly totals: WindowTotals;
  readonly usage: UsageColumns;
}

interface UsageRow {
  readonly network: number;
  readonly address: Buffer;
  readonly bytesIn: number;
  readonly packetsIn: number;
  readonly bytesOut: number;
  readonly packetsOut: number;
}

export class StagedWindows {
  readonly #database: Database;
  readonly #sql: { readonly [K in keyof typeof SQL]: Statement };

  constructor(database: Database) {
    this.#database = database;
    database.exec(SCHEMA);
    const prepared = Object.entries(SQL).map(([name, sql]) => [name, database.prepare(sql)]);
    this.#sql = Object.fromEntries(prepared) as { [K in keyof typeof SQL]: Statement };
  }

  /** Begins a file. */
  begin(): void {
    this.#database.exec("BEGIN");
  }

  keep(): void {
    this.#database.exec("COMMIT");
  }

  discard(): void {
    this.#database.exec("ROLLBACK");
  }

  /** Adds usage to a window. */
  add(startMs: number, usage: UsageColumns, totals: WindowTotals): void {
    for (let row = 0; row < usage.length; row++) {
      const address = addressToBytes(addressAt(usage.addresses, row));
      const key = [startMs, usage.networks[row], address];
      this.#sql.addUsage.run(
        ...key,
        usage.bytesIn[row],
        usage.packetsIn[row],
        usage.bytesOut[row],
        usage.packetsOut[row],
      );
    }
    this.#addWindow(startMs, { observedMs: 0, totals });
  }

  /** Adds observed time to a window, of which it makes one where there was none. */
  observe(startMs: number, observedMs: number): void {
    this.#addWindow(startMs, { observedMs, totals: emptyTotals() });
  }

  /** Starts of all kept windows, in order. */
  starts(): readonly number[] {
    return (this.#sql.starts.all() as { startMs: number }[]).map(({ startMs }) => startMs);
  }

  window(startMs: number): StagedWindow {
    const rows = this.#sql.usage.all(startMs) as UsageRow[];
    return { ...(this.#window(startMs) ?? { observedMs: 0, totals: emptyTotals() }), usage: columnsOf(rows) };
  }

  #addWindow(startMs: number, part: { observedMs: number; totals: WindowTotals }): void {
    const known = this.#window(startMs) ?? { observedMs: 0, totals: emptyTotals() };
    const totals = JSON.stringify(addTotals(known.totals, part.totals));
    this.#sql.setWindow.run({ startMs, observedMs: known.observedMs + part.observedMs, totals });
  }

  #window(startMs: number): { observedMs: number; totals: WindowTotals } | null {
    const row = this.#sql.window.get(startMs) as { observedMs: number; totals: string } | undefined;
    return row ? { observedMs: row.observedMs, totals: JSON.parse(row.totals) as WindowTotals } : null;
  }
}

function columnsOf(rows: readonly UsageRow[]): UsageColumns {
  return {
    length: rows.length,
    addresses: Uint32Array.from(rows.flatMap(({ address }) => addressFromBytes(address))),
    networks: Uint32Array.from(rows, (row) => row.network),
    bytesIn: Float64Array.from(rows, (row) => row.bytesIn),
    packetsIn: Float64Array.from(rows, (row) => row.packetsIn),
    bytesOut: Float64Array.from(rows, (row) => row.bytesOut),
    packetsOut: Float64Array.from(rows, (row) => row.packetsOut),
  };
}
