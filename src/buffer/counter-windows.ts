// Which queued requests only say what a later one says better: the counters of a window that a later window of the same
// billing interval repeats. What holds the last sample of a series in an interval is not among them.

import type { Statement } from "better-sqlite3";
import { BILLING_INTERVAL_MS, floorTo } from "../model/time.ts";
import type { Database } from "./database.ts";

export interface CounterWindow {
  readonly interfaceId: number;
  readonly windowEndMs: number;
  /** Ids of its first and last request, which hold nothing else; null where it has none. */
  readonly requests: { readonly first: number; readonly last: number } | null;
  /** Some of its series end with it: no later window repeats them. */
  readonly isLast: boolean;
}

const SQL = {
  // Requests that every endpoint has are gone from the outbox.
  forget: `
    DELETE FROM counter_window WHERE first_request < (SELECT min(id) FROM outbox)
      AND last_request < (SELECT min(id) FROM outbox)`,
  repeat: `
    UPDATE counter_window SET repeated = 1
    WHERE repeated = 0 AND interface_id = @interfaceId AND window_end_ms > @intervalStartMs`,
  // The newest of an interval before, which nothing repeats.
  keep: "DELETE FROM counter_window WHERE repeated = 0 AND interface_id = @interfaceId",
  add: "INSERT INTO counter_window VALUES (@first, @last, @interfaceId, @windowEndMs, 0)",
} as const;

/** Keeps the newest window of every interface as it is: some of their series have ended. */
export const KEEP_NEWEST = "DELETE FROM counter_window WHERE repeated = 0";

export class CounterWindows {
  readonly #sql: { readonly [K in keyof typeof SQL]: Statement };

  constructor(database: Database) {
    const prepared = Object.entries(SQL).map(([name, sql]) => [name, database.prepare(sql)]);
    this.#sql = Object.fromEntries(prepared) as { [K in keyof typeof SQL]: Statement };
  }

  /** Notes a window, which repeats what earlier ones of its interval have; part of the commit that queues it. */
  add({ interfaceId, windowEndMs, requests, isLast }: CounterWindow): void {
    this.#sql.forget.run();
    const intervalStartMs = floorTo(windowEndMs - 1, BILLING_INTERVAL_MS);
    this.#sql.repeat.run({ interfaceId, intervalStartMs });
    this.#sql.keep.run({ interfaceId });
    if (requests === null || isLast || windowEndMs % BILLING_INTERVAL_MS === 0) return;
    this.#sql.add.run({ ...requests, interfaceId, windowEndMs });
  }
}
