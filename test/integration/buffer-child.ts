// A process of its own that opens a ledger or takes the agent's lock when told to, and says what came of it.

import { once } from "node:events";
import { lockStateDir } from "../../src/buffer/agent-lock.ts";
import { LedgerError, openDatabase } from "../../src/buffer/database.ts";
import { inspectLedger } from "../../src/buffer/inspect.ts";

const [what, stateDir = ""] = process.argv.slice(2);

function attempt(): string {
  try {
    if (what === "inspect") return inspectLedger(stateDir);
    if (what === "lock") lockStateDir(stateDir);
    else openDatabase(stateDir).exec("INSERT INTO stream VALUES (hex(randomblob(8)), 1)");
    return "ok";
  } catch (error) {
    return error instanceof LedgerError ? error.message : `unexpected: ${String(error)}`;
  }
}

process.stdout.write("ready");
await once(process.stdin, "data");
process.stdout.write(attempt());
await once(process.stdin, "end");
process.exit(0);
