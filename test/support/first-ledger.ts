// A ledger as an earlier version of the program made it.

import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { LEDGER_FILE } from "../../src/buffer/database.ts";

const MIGRATIONS = new URL("../../migrations/", import.meta.url);

/** Writes a ledger of schema 1 into `stateDir`, with what the SQL `content` puts there. */
export async function writeFirstLedger(stateDir: string, content = ""): Promise<void> {
  await writeOldLedger(stateDir, 1, content);
}

/** The same of a later schema. */
export async function writeOldLedger(stateDir: string, schema: number, content = ""): Promise<void> {
  await mkdir(stateDir, { recursive: true });
  const database = new Sqlite(join(stateDir, LEDGER_FILE));
  const migrations = (await readdir(MIGRATIONS)).filter((name) => name.endsWith(".sql")).sort();
  for (const name of migrations.slice(0, schema)) database.exec(await readFile(new URL(name, MIGRATIONS), "utf8"));
  database.exec(content);
  database.pragma(`user_version = ${schema}`);
  database.close();
}
