// The schema that a ledger has when this program has opened it.

import { readdirSync } from "node:fs";

const MIGRATIONS = new URL("../../migrations/", import.meta.url);

/** Its number: that of the migrations. */
export const LEDGER_SCHEMA = readdirSync(MIGRATIONS).filter((name) => name.endsWith(".sql")).length;
