// Tells that a ledger has been committed to, within a millisecond, beside the agent that has it open.

import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { LEDGER_FILE } from "../../src/buffer/database.ts";

export class CommitWatch implements Disposable {
  readonly #database: Sqlite.Database;

  constructor(stateDir: string) {
    this.#database = new Sqlite(join(stateDir, LEDGER_FILE), { readonly: true, fileMustExist: true });
  }

  /** Closed windows and those that only a part is known of: changes with each window that is taken in. */
  commits(): string {
    const sql = "SELECT count(*) AS windows, sum(closed) AS closed, sum(frames) AS frames FROM window";
    return JSON.stringify(this.#database.prepare(sql).get());
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}
