// A ledger as the first version of the program made it.

import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { LEDGER_FILE } from "../../src/buffer/database.ts";

const SCHEMA = new URL("../../migrations/0001_ledger.sql", import.meta.url);

/** Writes a ledger of schema 1 into `stateDir`, with what the SQL `content` puts there. */
export async function writeFirstLedger(stateDir: string, content = ""): Promise<void> {
  await mkdir(stateDir, { recursive: true });
  const database = new Sqlite(join(stateDir, LEDGER_FILE));
  database.exec(await readFile(SCHEMA, "utf8"));
  database.exec(content);
  database.pragma("user_version = 1");
  database.close();
}
