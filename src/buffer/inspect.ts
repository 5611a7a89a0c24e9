// Looks at a state folder without changing it.

import { accessSync, constants, existsSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import Sqlite from "better-sqlite3";
import { LEDGER_FILE, LedgerError, requireKnownSchema } from "./database.ts";
import { isDamage } from "./ledger-fault.ts";
import { damageOf } from "./own-ledger.ts";

/** Says in one line what the ledger of `stateDir` is. Throws LedgerError where the agent could not use it. */
export function inspectLedger(stateDir: string): string {
  const file = join(stateDir, LEDGER_FILE);
  if (!existsSync(file)) {
    requireWritable(nearestExisting(stateDir), stateDir);
    return `${file} will be made at the first start`;
  }
  requireWritable(file, stateDir);
  const hadJournal = existsSync(`${file}-wal`);
  const database = openReadOnly(file);
  try {
    const schema = requireKnownSchema(database, file);
    const damage = damageOf(database);
    if (damage !== null) throw damaged(file, damage);
    return `${file} has schema ${schema}`;
  } catch (error) {
    throw isDamage(error) ? damaged(file, error.message) : error;
  } finally {
    database.close();
    if (!hadJournal) removeEmptyJournal(file);
  }
}

function damaged(file: string, damage: string): LedgerError {
  const fix = "the agent sets it aside at its next start and begins an empty one";
  return new LedgerError(`${file}: is damaged (${damage}); ${fix}`);
}

/** Reading makes an empty journal, which only who writes removes. One that an agent uses meanwhile is not empty. */
function removeEmptyJournal(file: string): void {
  if (statSync(`${file}-wal`, { throwIfNoEntry: false })?.size !== 0) return;
  for (const suffix of ["-wal", "-shm"]) rmSync(file + suffix, { force: true });
}

function openReadOnly(file: string): Sqlite.Database {
  try {
    return new Sqlite(file, { readonly: true });
  } catch (error) {
    throw new LedgerError(`${file}: cannot be opened (${String(error)}); move it aside and restore a backup`, {
      cause: error,
    });
  }
}

function nearestExisting(path: string): string {
  return existsSync(path) ? path : nearestExisting(dirname(path));
}

function requireWritable(path: string, stateDir: string): void {
  try {
    accessSync(path, constants.W_OK);
  } catch (error) {
    const fix = "run as the user who owns it, or set agent.state_dir to a folder of yours";
    throw new LedgerError(`${stateDir}: cannot be written by this user; ${fix}`, { cause: error });
  }
}
