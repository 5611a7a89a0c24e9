// Tells this ledger from every other: what the kernel counted for one must not end in another.

import { randomBytes } from "node:crypto";
import type { Database } from "./database.ts";

const NAME = "ledger_id";
const ADD = "INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING";

/** 32 random hexadecimal digits, made on first use. */
export function ledgerIdentity(database: Database): string {
  database.prepare(ADD).run(NAME, randomBytes(16).toString("hex"));
  return (database.prepare("SELECT value FROM setting WHERE name = ?").get(NAME) as { value: string }).value;
}
