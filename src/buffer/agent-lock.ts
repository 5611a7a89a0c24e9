// One agent per state folder. The lock is SQLite's own on a file beside the ledger, so the kernel frees it however
// the process ends.

import { join } from "node:path";
import { LedgerError, openPrivateFile } from "./database.ts";

const LOCK_FILE = "agent.lock";

/** Takes the state folder for this process until disposed. Throws LedgerError where another agent has it. */
export function lockStateDir(stateDir: string): Disposable {
  const database = openPrivateFile(join(stateDir, LOCK_FILE), 0);
  try {
    database.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
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
