// Forgets what is older than the dispute time: windows and what offered them, intervals, dead letters, and the counters
// of addresses silent for as long, and labels that none of it has. Final bills stay. What was erased of the intervals is noted: it was there once.

import { BILLING_INTERVAL_MS } from "../model/time.ts";
import type { Database } from "./database.ts";

/** An interval that is over, or a window in one. */
const OVER = `start_ms <= @before - ${BILLING_INTERVAL_MS}`;
/** An interval that is not pushed yet still needs its usage. */
const pushed = (table: string): string => `EXISTS (SELECT 1 FROM interval WHERE emitted = 1
  AND interval.interface_id = ${table}.interface_id AND interval.start_ms = ${table}.start_ms)`;
const ofNetworks = "network_id IN (SELECT id FROM network)";

const INTERVALS = `DELETE FROM interval_usage WHERE ${ofNetworks} AND ${OVER} AND ${pushed("interval_usage")}`;
/** Labels of the past that no interval has any more. */
const LABELS = `DELETE FROM network_labels
  WHERE labels <> (SELECT labels FROM network WHERE id = network_id) AND NOT EXISTS (
    SELECT 1 FROM interface CROSS JOIN interval_usage AS usage
    WHERE usage.network_id = network_labels.network_id AND usage.interface_id = interface.id
      AND usage.labels_version = version)`;
const SQL = [
  "DELETE FROM window WHERE closed = 1 AND end_ms <= @before",
  `DELETE FROM harvested_window WHERE ${OVER}`,
  `DELETE FROM address_interval_usage WHERE ${ofNetworks} AND ${OVER} AND ${pushed("address_interval_usage")}`,
  `DELETE FROM interval WHERE emitted = 1 AND ${OVER}`,
  "DELETE FROM address WHERE live = 0 AND last_active_ms < @before",
  "DELETE FROM dead_letter WHERE refused_ms < @before",
] as const;

const ERASED = "intervals_erased_before_ms";
const NOTE = `
  INSERT INTO setting (name, value) VALUES ('${ERASED}', @before)
  ON CONFLICT DO UPDATE SET value = excluded.value WHERE CAST(value AS INTEGER) < CAST(excluded.value AS INTEGER)`;

/** Erases what ended before `beforeMs` and returns the number of rows erased. */
export function eraseBefore(database: Database, beforeMs: number): number {
  const run = (sql: string): number => database.prepare(sql).run({ before: beforeMs }).changes;
  const erase = database.transaction(() => {
    const intervals = run(INTERVALS);
    if (intervals > 0) database.prepare(NOTE).run({ before: String(beforeMs) });
    const rows = SQL.reduce((sum, sql) => sum + run(sql), intervals);
    database.prepare(LABELS).run();
    return rows;
  });
  const rows = erase.immediate();
  if (rows > 0) database.pragma("incremental_vacuum");
  return rows;
}

/** Until when intervals were erased, milliseconds since the epoch; null where none ever were. */
export function intervalsErasedBefore(database: Database): number | null {
  const value = database.prepare("SELECT value FROM setting WHERE name = ?").pluck().get(ERASED);
  return value === undefined ? null : Number(value);
}
