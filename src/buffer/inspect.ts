// Looks at a state folder without changing it.

import { accessSync, constants, existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { LEDGER_FILE, LedgerError, requireKnownSchema } from "./database.ts";
import { damageOf } from "./own-ledger.ts";
import { damagedLedger, openReadOnly, readFault } from "./read-only-ledger.ts";

/** Says in one line what the ledger of `stateDir` is. Throws LedgerError where the agent could not use it. */
export function inspectLedger(stateDir: string): string {
  const file = join(stateDir, LEDGER_FILE);
  if (!existsSync(file)) {
    requireWritable(nearestExisting(stateDir), stateDir);
    return `${file} will be made at the first start`;
  }
  requireWritable(file, stateDir);
  using ledger = openReadOnly(file);
  try {
    const schema = requireKnownSchema(ledger.database, file);
    const damage = damageOf(ledger.database);
    if (damage !== null) throw damagedLedger(file, damage);
    return `${file} has schema ${schema}`;
  } catch (error) {
    throw readFault(file, error);
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
