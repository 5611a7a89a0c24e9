// Opens the ledger file and brings its schema up to date. One file, WAL, every commit on disk before it returns
// (synchronous = FULL). Folder 0700, file 0600: a ledger tells who talked how much.

import { chmodSync, closeSync, mkdirSync, openSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import Sqlite from "better-sqlite3";

export type Database = Sqlite.Database;

/** A state folder or ledger that cannot be used; the message is one line with the path, the cause and the fix. */
export class LedgerError extends Error {
  override readonly name: string = "LedgerError";
}

/** One that no later try will change: who has the ledger open must end. */
export class FinalLedgerError extends LedgerError {
  override readonly name = "FinalLedgerError";
}

export const LEDGER_FILE = "ledger.sqlite";

const MIGRATIONS = fileURLToPath(new URL("../../migrations/", import.meta.url));
const BUSY_TIMEOUT_MS = 10_000;
const BUSY_PAUSE_MS = 10;
/** The pages that one window of 65,536 addresses touches. */
const CACHE_KIB = 8_192;
/** What the journal shrinks to after a large commit. */
const JOURNAL_BYTES = 8 * 2 ** 20;

/** Opens (or creates) `ledger.sqlite` in `stateDir`. Throws LedgerError where that is impossible. */
export function openDatabase(stateDir: string): Database {
  const file = join(stateDir, LEDGER_FILE);
  const database = openPrivateFile(file, BUSY_TIMEOUT_MS);
  try {
    configure(database);
    migrate(database, file);
    return database;
  } catch (error) {
    database.close();
    throw ledgerError(file, error);
  }
}

/**
 * Runs `work` in one transaction that writes; inside of one, as a part that fails only with the whole. Not as a savepoint:
 * SQLite would copy every page before it changes, a quarter of the time that a large window takes.
 */
export function inTransaction<T>(database: Database, work: () => T): T {
  return database.inTransaction ? work() : database.transaction(work).immediate();
}

/** Opens an SQLite file with mode 0600, in a folder that is made with mode 0700 where it does not exist yet. */
export function openPrivateFile(file: string, busyTimeoutMs: number): Database {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    closeSync(openSync(file, "a", 0o600));
    chmodSync(file, 0o600);
    return new Sqlite(file, { timeout: busyTimeoutMs });
  } catch (error) {
    throw ledgerError(file, error);
  }
}

/** What is wrong with `file`, in one line with the fix. */
export function ledgerError(file: string, error: unknown, attempt = "open"): LedgerError {
  if (error instanceof LedgerError) return error;
  const text = `${file}: cannot ${attempt} the ledger (${reasonOf(error)}); ${fixFor(error)}`;
  return new LedgerError(text, { cause: error });
}

function configure(database: Database): void {
  // Before the first page is written, or it has no effect: space of delivered requests goes back to the file system.
  if (database.pragma("user_version", { simple: true }) === 0) database.pragma("auto_vacuum = INCREMENTAL");
  switchToWal(database);
  database.pragma(`journal_size_limit = ${JOURNAL_BYTES}`);
  database.pragma("synchronous = FULL");
  database.pragma("foreign_keys = ON");
  database.pragma(`cache_size = -${CACHE_KIB}`);
}

/**
 * Waits for another program's transaction as everything else does: where SQLite would have to wait with a lock in its
 * hands, as for a first switch to WAL, it fails at once.
 */
function switchToWal(database: Database): void {
  const untilMs = performance.now() + BUSY_TIMEOUT_MS;
  for (;;) {
    try {
      database.pragma("journal_mode = WAL");
      return;
    } catch (error) {
      if (!isBusy(error) || performance.now() > untilMs) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BUSY_PAUSE_MS);
    }
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Sqlite.SqliteError && error.code.startsWith("SQLITE_BUSY");
}

function migrate(database: Database, file: string): void {
  if (requireKnownSchema(database, file) === migrationFiles().length) return;
  const pending = database.transaction(() => {
    // Read again under the write lock: an agent and a replay may start side by side on a new folder.
    const version = requireKnownSchema(database, file);
    for (const name of migrationFiles().slice(version)) database.exec(readFileSync(join(MIGRATIONS, name), "utf8"));
    database.pragma(`user_version = ${migrationFiles().length}`);
  });
  pending.immediate();
}

/** The schema of a ledger. Throws LedgerError where a later version of this program made it. */
export function requireKnownSchema(database: Database, file: string): number {
  const version = Number(database.pragma("user_version", { simple: true }));
  const known = migrationFiles().length;
  if (version <= known) return version;
  const fix = "run the version that wrote it, or a later one";
  throw new LedgerError(`${file}: has schema ${version}, this program knows ${known}; ${fix}`);
}

/** Throws LedgerError where a ledger has another schema than this program's, which only the agent brings up to date. */
export function requireCurrentSchema(database: Database, file: string): void {
  const version = requireKnownSchema(database, file);
  const known = migrationFiles().length;
  if (version === known) return;
  const fix = "start the agent once, which brings it up to date";
  throw new LedgerError(`${file}: has schema ${version}, this program needs ${known}; ${fix}`);
}

function migrationFiles(): readonly string[] {
  return readdirSync(MIGRATIONS)
    .filter((name) => /^\d{4}_.*\.sql$/.test(name))
    .sort();
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function fixFor(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "EACCES" || code === "EPERM")
    return "run as the user who owns it, or set agent.state_dir to a folder of yours";
  if (code.startsWith("SQLITE_BUSY")) return "another program holds it; stop that program";
  if (code === "SQLITE_NOTADB" || code.startsWith("SQLITE_CORRUPT")) return "move the file aside and restore a backup";
  if (code === "EROFS" || code.startsWith("SQLITE_READONLY"))
    return "it is on a read-only file system; set agent.state_dir elsewhere";
  if (code.startsWith("SQLITE_IOERR")) return "look at the disk and what the kernel says of it (dmesg)";
  if (code === "ENOSPC" || code === "SQLITE_FULL") return "free some disk space, or lower buffer.max_bytes";
  return "check that agent.state_dir is a folder that this user can write";
}
