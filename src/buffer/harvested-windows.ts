// The windows that are in the ledger by what counted them: one that a source offers again is told from a further part.

import type { Database } from "./database.ts";

const ADD = "INSERT INTO harvested_window (source, start_ms) VALUES (?, ?) ON CONFLICT DO NOTHING";

/** Notes a window of a source, as part of the commit that accounts it. False where it was noted before. */
export function noteHarvested(database: Database, source: string, startMs: number): boolean {
  return database.prepare(ADD).run(source, startMs).changes === 1;
}
