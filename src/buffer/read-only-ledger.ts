// Opens a ledger to read it, beside a running agent or without one. Nothing is made or changed: not the file, and no
// journal stays that was not there.

import { accessSync, constants, existsSync, statSync } from "node:fs";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { type Database, LEDGER_FILE, LedgerError, ledgerError, requireCurrentSchema } from "./database.ts";
import { isDamage } from "./ledger-fault.ts";

export interface ReadOnlyLedger extends Disposable {
  readonly file: string;
  readonly database: Database;
}

/** Opens the ledger file `file`, whatever its schema. Throws LedgerError where that is impossible. */
export function openReadOnly(file: string): ReadOnlyLedger {
  const hadJournal = existsSync(`${file}-wal`);
  const database = openFile(file);
  const close = (): void => {
    database.close();
    if (!hadJournal) removeEmptyJournal(file);
  };
  return { file, database, [Symbol.dispose]: close };
}

/**
 * Opens the ledger of `stateDir` as it is now: what is committed later does not show. Throws LedgerError where there is
 * none, or where its schema is not this program's.
 */
export function openSnapshot(stateDir: string): ReadOnlyLedger {
  const file = join(stateDir, LEDGER_FILE);
  requireReadable(file);
  const ledger = openReadOnly(file);
  try {
    ledger.database.exec("BEGIN");
    requireCurrentSchema(ledger.database, file);
    return ledger;
  } catch (error) {
    ledger[Symbol.dispose]();
    throw readFault(file, error);
  }
}

/** The error as it is where the program is at fault, else a LedgerError. */
export function readFault(file: string, error: unknown): unknown {
  if (isDamage(error)) return damagedLedger(file, error.message);
  return error instanceof Sqlite.SqliteError ? ledgerError(file, error, "read") : error;
}

export function damagedLedger(file: string, damage: string): LedgerError {
  const fix = "the agent sets it aside at its next start and begins an empty one";
  return new LedgerError(`${file}: is damaged (${damage}); ${fix}`);
}

function requireReadable(file: string): void {
  try {
    accessSync(file, constants.R_OK);
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    if (!isMissing) throw ledgerError(file, error, "read");
    const fix = "start the agent or replay a capture file once, or name another agent.state_dir";
    throw new LedgerError(`${file}: there is no ledger; ${fix}`, { cause: error });
  }
}

function openFile(file: string): Database {
  try {
    return new Sqlite(file, { readonly: true, fileMustExist: true });
  } catch (error) {
    throw new LedgerError(`${file}: cannot be opened (${String(error)}); move it aside and restore a backup`, {
      cause: error,
    });
  }
}

/**
 * Reading makes an empty journal, which only who may write removes. SQLite does that itself, under its locks: an agent that
 * opens the ledger at this moment keeps its journal.
 */
function removeEmptyJournal(file: string): void {
  if (statSync(`${file}-wal`, { throwIfNoEntry: false })?.size !== 0) return;
  try {
    const database = new Sqlite(file, { fileMustExist: true });
    try {
      database.pragma("schema_version");
    } finally {
      database.close();
    }
  } catch {
    // An empty journal says nothing; a ledger that cannot be read says so to who reads it.
  }
}
