// The billing intervals whose gauges an endpoint has not got yet: not written, or in the outbox.

import { BILLING_INTERVAL_MS } from "../model/time.ts";
import { openSnapshot, readFault } from "./read-only-ledger.ts";

/** Whether the gauges of an interval, by its start, may still be on their way. */
export type IsPending = (interfaceName: string, startMs: number) => boolean;

const UNWRITTEN = `
  SELECT name, start_ms FROM interval JOIN interface ON interface.id = interval.interface_id WHERE emitted = 0`;
const UNDELIVERED = "SELECT DISTINCT window_end_ms FROM outbox WHERE kind = 'interval' AND id > ?";
/** Of an endpoint that the agent has not met yet, nothing is delivered. */
const CURSOR = "SELECT cursor FROM endpoint WHERE name = ?";

/** As the ledger of `stateDir` is now, for any of `endpoints`. Throws LedgerError where it cannot be read. */
export function pendingIntervals(stateDir: string, endpoints: readonly string[]): IsPending {
  using ledger = openSnapshot(stateDir);
  const { database, file } = ledger;
  try {
    const unwritten = new Set((database.prepare(UNWRITTEN).raw().all() as [string, number][]).map(keyOf));
    const cursors = endpoints.map((name) => Number(database.prepare(CURSOR).pluck().get(name) ?? 0));
    const ends =
      cursors.length === 0
        ? []
        : database
            .prepare(UNDELIVERED)
            .pluck()
            .all(Math.min(...cursors));
    const undelivered = new Set(ends as number[]);
    return (interfaceName, startMs) =>
      undelivered.has(startMs + BILLING_INTERVAL_MS) || unwritten.has(keyOf([interfaceName, startMs]));
  } catch (error) {
    throw readFault(file, error);
  }
}

function keyOf([interfaceName, startMs]: readonly [string, number]): string {
  return `${startMs} ${interfaceName}`;
}
