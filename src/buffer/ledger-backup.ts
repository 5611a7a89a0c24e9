// A copy of the ledger as it is at one moment, made beside a running agent or without one. The agent goes on committing
// meanwhile. The copy is there whole, on disk and checked, or not at all.

import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { type Database, LEDGER_FILE, LedgerError } from "./database.ts";
import { damageOf } from "./own-ledger.ts";
import { openReadOnly, readFault } from "./read-only-ledger.ts";

/** What the copy holds. */
export interface LedgerBackup {
  readonly bytes: number;
  /** End of the last window in it, milliseconds; null before the first. */
  readonly lastWindowEndMs: number | null;
}

const LEFT = "is left of a backup that was interrupted, unless one is running; remove it, or name another file";
/** What SQLite calls a target that cannot be written, and never the source, which it only reads. */
const UNWRITABLE = /^SQLITE_(FULL|CANTOPEN|IOERR_(WRITE|FSYNC|TRUNCATE))/;
const LAST_WINDOW = "SELECT max(end_ms) AS endMs FROM window";

/**
 * Copies the ledger of `stateDir` into `file`, mode 0600. Throws LedgerError where there is none, where it is damaged,
 * and where `file` cannot be written or is there already.
 */
export function backUpLedger(stateDir: string, file: string): LedgerBackup {
  const source = join(stateDir, LEDGER_FILE);
  if (!existsSync(source)) throw new LedgerError(`${source}: there is no ledger; name another agent.state_dir`);
  const draft = `${resolve(file)}.partial`;
  attempt(file, () => {
    if (existsSync(file)) throw new LedgerError(`${file}: is there already; name a file that is not`);
    if (existsSync(draft)) throw new LedgerError(`${draft}: ${LEFT}`);
    closeSync(openSync(draft, "wx", 0o600));
  });
  try {
    copy(source, draft, file);
    const held = checked(draft);
    attempt(file, () => {
      renameSync(draft, file);
      synced(dirname(resolve(file)));
    });
    return held;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** One read transaction, which holds up no writer; SQLite would begin a `.backup` anew at each commit of the agent. */
function copy(source: string, draft: string, file: string): void {
  using ledger = openReadOnly(source);
  try {
    ledger.database.prepare("VACUUM INTO ?").run(draft);
  } catch (error) {
    const isUnwritable = error instanceof Error && "code" in error && UNWRITABLE.test(String(error.code));
    throw isUnwritable ? unwritable(file, error) : readFault(source, error);
  }
  attempt(file, () => synced(draft));
}

function checked(draft: string): LedgerBackup {
  using copied = openReadOnly(draft);
  const damage = damageOf(copied.database);
  if (damage !== null)
    throw new LedgerError(`${draft}: the copy came out damaged (${damage}); look at the disk, and try again`);
  return { bytes: statSync(draft).size, lastWindowEndMs: lastWindowEnd(copied.database) };
}

function lastWindowEnd(database: Database): number | null {
  return (database.prepare(LAST_WINDOW).get() as { endMs: number | null }).endMs;
}

function synced(path: string): void {
  const opened = openSync(path, "r");
  try {
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
}

function attempt(file: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    throw error instanceof LedgerError ? error : unwritable(file, error);
  }
}

function unwritable(file: string, error: unknown): LedgerError {
  const reason = error instanceof Error ? error.message : String(error);
  const fix = "name a file in a folder that you may write to, on a disk with room for the ledger";
  return new LedgerError(`${file}: the backup cannot be written (${reason}); ${fix}`, { cause: error });
}
