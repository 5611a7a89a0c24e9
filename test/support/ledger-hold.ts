// Keeps a ledger from being written to by the agent that has it open: what the agent wants to commit has to wait.

import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { LEDGER_FILE } from "../../src/buffer/database.ts";

const BUSY_TIMEOUT_MS = 5_000;

/** Holds the ledger's write lock until disposed. */
export class LedgerHold implements Disposable {
  readonly #database: Sqlite.Database;

  constructor(stateDir: string) {
    this.#database = new Sqlite(join(stateDir, LEDGER_FILE), { fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
    this.#database.exec("BEGIN IMMEDIATE");
  }

  [Symbol.dispose](): void {
    this.#database.exec("ROLLBACK");
    this.#database.close();
  }
}
