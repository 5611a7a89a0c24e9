// Looks at a state folder without changing it.

import { accessSync, constants, existsSync } from "node:fs";
import { dirname, join } from "node:path";
import Sqlite from "better-sqlite3";
import { LEDGER_FILE, LedgerError, requireKnownSchema } from "./database.ts";

/** Says in one line what the ledger of `stateDir` is. Throws LedgerError where the agent could not use it. */
export function inspectLedger(stateDir: string): string {
  const file = join(stateDir, LEDGER_FILE);
  if (!existsSync(file)) {
    requireWritable(nearestExisting(stateDir), stateDir);
    return `${file} will be made at the first start`;
  }
  requireWritable(file, stateDir);
  const database = openReadOnly(file);
  try {
    return `${file} has schema ${requireKnownSchema(database, file)}`;
  } finally {
    database.close();
  }
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
