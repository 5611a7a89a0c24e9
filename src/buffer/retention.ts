// Forgets what is older than the dispute time: windows, intervals, and the counters of addresses silent for as long.

import type { Database } from "./database.ts";

const SQL = [
  "DELETE FROM window WHERE closed = 1 AND end_ms <= @before",
  "DELETE FROM interval_usage WHERE network_id IN (SELECT id FROM network) AND start_ms < @before",
  "DELETE FROM address_interval_usage WHERE network_id IN (SELECT id FROM network) AND start_ms < @before",
  "DELETE FROM interval WHERE emitted = 1 AND start_ms < @before",
  "DELETE FROM address WHERE live = 0 AND last_active_ms < @before",
] as const;

/** Erases what ended before `beforeMs` and returns the number of rows erased. */
export function eraseBefore(database: Database, beforeMs: number): number {
  const erase = database.transaction(() =>
    SQL.reduce((rows, sql) => rows + database.prepare(sql).run({ before: beforeMs }).changes, 0),
  );
  const rows = erase.immediate();
  if (rows > 0) database.pragma("incremental_vacuum");
  return rows;
}
