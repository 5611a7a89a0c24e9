// One agent per state folder. The lock is SQLite's own on a file beside the ledger, so the kernel frees it however
// the process ends.

import { join } from "node:path";
import { LedgerError, ledgerError, openPrivateFile } from "./database.ts";

const LOCK_FILE = "agent.lock";

/** Takes the state folder for this process until disposed. Throws LedgerError where another agent has it. */
export function lockStateDir(stateDir: string): Disposable {
  const file = join(stateDir, LOCK_FILE);
  const database = openPrivateFile(file, 0);
  try {
    database.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if (!isBusy(error)) throw ledgerError(file, error);
    throw new LedgerError(
      `${stateDir}: another acct-agent is running on this state folder; stop it, or set agent.state_dir to another one`,
      { cause: error },
    );
  }
  return {
    [Symbol.dispose]() {
      database.close();
    },
  };
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && "code" in error && String(error.code).startsWith("SQLITE_BUSY");
}
