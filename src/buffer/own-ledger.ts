// The ledger as the agent opens it, alone in its folder. A run that did not end cleanly left a journal: then every page
// is looked at first. A damaged ledger is never written to again: it is set aside, with its journal, and an empty one made.

import { existsSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { type Database, LEDGER_FILE, ledgerError, openDatabase } from "./database.ts";
import { causeOf, isDamage } from "./ledger-fault.ts";

/** What opening it came to. */
export interface LedgerOpening {
  /** Where a damaged ledger is now, and what is wrong with it; null for a sound one. */
  readonly setAside: { readonly path: string; readonly damage: string } | null;
  /** The check that it needed; null after a clean end. */
  readonly check: { readonly bytes: number; readonly durationMs: number } | null;
}

/** Looks into pages, but not at what indexes say of tables: 0.5 s for each GiB in memory, 13 s from a slow disk. */
const QUICK_CHECK = "quick_check(1)";
/** After a run met damage: nothing is taken on trust. */
const WHOLE_CHECK = "integrity_check(1)";
const DAMAGE_CHARACTERS = 200;

/** Opens the ledger of `stateDir`, whose lock the caller has. Throws LedgerError where that is impossible. */
export function openOwnLedger(stateDir: string): { readonly database: Database; readonly opening: LedgerOpening } {
  const file = join(stateDir, LEDGER_FILE);
  try {
    const startedMs = performance.now();
    const { check, damage } = examine(file);
    const setAside = damage === null ? null : { path: moveAside(file), damage };
    rmSync(marker(file), { force: true });
    const durationMs = Math.round(performance.now() - startedMs);
    const opening = { setAside, check: check === null ? null : { ...check, durationMs } };
    return { database: openDatabase(stateDir), opening };
  } catch (error) {
    throw ledgerError(file, causeOf(file, error));
  }
}

/** Has the next start look at everything: a clean end would hide that this run met damage. */
export function noteDamage(file: string, damage: string): void {
  try {
    writeFileSync(marker(file), `${damage}\n`, { mode: 0o600 });
  } catch {
    // The disk that damaged the ledger may refuse this as well; the error that is on its way says the same.
  }
}

/** What is wrong with a ledger file that is open; null where nothing is. */
export function damageOf(database: Database, check = QUICK_CHECK): string | null {
  const found = String(database.pragma(check, { simple: true }));
  return found === "ok" ? null : found.replace(/\s+/g, " ").slice(0, DAMAGE_CHARACTERS);
}

function examine(file: string): { check: { bytes: number } | null; damage: string | null } {
  const size = sizeOf(file);
  if (size === 0) return { check: null, damage: null };
  const isSuspect = existsSync(marker(file));
  const isNeeded = isSuspect || sizeOf(`${file}-wal`) > 0;
  const check = isNeeded ? { bytes: size } : null;
  return { check, damage: damageIn(file, isNeeded ? (isSuspect ? WHOLE_CHECK : QUICK_CHECK) : null) };
}

function damageIn(file: string, check: string | null): string | null {
  let database: Database | null = null;
  try {
    // Read-only, or its end would write the journal into a damaged file.
    database = new Sqlite(file, { readonly: true });
    // Reads the header and the schema.
    database.pragma("table_list");
    return check === null ? null : damageOf(database, check);
  } catch (error) {
    if (isDamage(error)) return error.message;
    throw error;
  } finally {
    database?.close();
  }
}

/** The journal goes first: beside an empty ledger SQLite could take it for that one's. */
function moveAside(file: string): string {
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const path = `${file}.corrupt-${time}`;
  noteDamage(file, "being set aside");
  for (const suffix of ["-wal", "-shm", ""]) {
    if (existsSync(file + suffix)) renameSync(file + suffix, path + suffix);
  }
  return path;
}

function marker(file: string): string {
  return `${file}.suspect`;
}

/** 0 where it is no file. */
function sizeOf(file: string): number {
  const found = statSync(file, { throwIfNoEntry: false });
  return found?.isFile() ? found.size : 0;
}
