// A ledger that a command writes to, beside a running agent or without one.

import { join } from "node:path";
import { type Database, LEDGER_FILE, ledgerError, openDatabase } from "../buffer/database.ts";

/** Opens the ledger of `stateDir`, makes it where there is none, and closes it after `work`. Rejects with LedgerError where that fails. */
export async function withLedger<T>(stateDir: string, work: (database: Database) => Promise<T>): Promise<T> {
  const database = openDatabase(stateDir);
  try {
    return await work(database);
  } catch (error) {
    // A disk that is full, or an agent that has the ledger for too long: one line.
    throw isSqliteError(error) ? ledgerError(join(stateDir, LEDGER_FILE), error, "use") : error;
  } finally {
    database.close();
  }
}

function isSqliteError(error: unknown): boolean {
  return error instanceof Error && "code" in error && String(error.code).startsWith("SQLITE_");
}
