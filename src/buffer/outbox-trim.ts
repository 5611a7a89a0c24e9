// Keeps the ledger within `max_bytes`. First go counter samples that a later sample of the same billing interval repeats:
// no byte is missing at a receiver by that. Then dead letters, then the oldest requests. What it costs is counted for ever.

import type { Statement } from "better-sqlite3";
import type { Database } from "./database.ts";
import { usedBytes } from "./file-space.ts";

/** Samples by what they were dropped for. */
export interface DroppedSamples {
  /** Counters that a later sample of the interval repeats. */
  readonly thinned: number;
  /** What a receiver had refused. */
  readonly dead_letter: number;
  /** The oldest requests, whatever they held. */
  readonly oldest: number;
}

type Reason = keyof DroppedSamples;

const SQL = {
  thinnable: `
    SELECT first_request AS first, last_request AS last FROM counter_window
    WHERE repeated = 1 ORDER BY first_request LIMIT 1`,
  samples: "SELECT coalesce(sum(samples), 0) FROM outbox WHERE id BETWEEN @first AND @last",
  thin: "DELETE FROM outbox WHERE id BETWEEN @first AND @last",
  forgetWindow: "DELETE FROM counter_window WHERE first_request = @first",
  dropLetters: "DELETE FROM dead_letter WHERE id IN (SELECT id FROM dead_letter ORDER BY id LIMIT 1000)",
  oldest: "SELECT id, samples FROM outbox ORDER BY id LIMIT 1",
  drop: "DELETE FROM outbox WHERE id = ?",
  count: `
    INSERT INTO dropped_samples VALUES (@reason, @samples)
    ON CONFLICT (reason) DO UPDATE SET samples = samples + excluded.samples`,
  dropped: "SELECT reason, samples FROM dropped_samples",
} as const;

export const NOTHING_DROPPED: DroppedSamples = { thinned: 0, dead_letter: 0, oldest: 0 };

export class OutboxTrim {
  readonly #database: Database;
  readonly #sql: { readonly [K in keyof typeof SQL]: Statement };

  constructor(database: Database) {
    this.#database = database;
    const prepared = Object.entries(SQL).map(([name, sql]) => [name, database.prepare(sql)]);
    this.#sql = Object.fromEntries(prepared) as { [K in keyof typeof SQL]: Statement };
    this.#sql.samples.pluck();
  }

  /** Drops until the ledger fits `maxBytes` again, or nothing is left to drop. Part of the caller's transaction. */
  trim(maxBytes: number): DroppedSamples {
    if (usedBytes(this.#database) <= maxBytes) return NOTHING_DROPPED;
    const dropped = {
      thinned: this.#dropUntil(maxBytes, () => this.thinOne()),
      dead_letter: this.#dropUntil(maxBytes, () => this.#dropLetters()),
      oldest: this.#dropUntil(maxBytes, () => this.#dropOldest()),
    };
    for (const reason of Object.keys(dropped) as Reason[]) this.#count(reason, dropped[reason]);
    return dropped;
  }

  /** Drops the oldest window that a later one repeats, and returns its samples; null where there is none. */
  thinOne(): number | null {
    const window = this.#sql.thinnable.get();
    if (window === undefined) return null;
    const samples = this.#sql.samples.get(window) as number;
    this.#sql.thin.run(window);
    this.#sql.forgetWindow.run(window);
    return samples;
  }

  /** What was dropped since the ledger was made, by whatever program. */
  dropped(): DroppedSamples {
    const rows = this.#sql.dropped.all() as { reason: Reason; samples: number }[];
    return { ...NOTHING_DROPPED, ...Object.fromEntries(rows.map(({ reason, samples }) => [reason, samples])) };
  }

  #dropUntil(maxBytes: number, dropSome: () => number | null): number {
    let dropped = 0;
    while (usedBytes(this.#database) > maxBytes) {
      const samples = dropSome();
      if (samples === null) break;
      dropped += samples;
    }
    return dropped;
  }

  #dropLetters(): number | null {
    return this.#sql.dropLetters.run().changes || null;
  }

  #dropOldest(): number | null {
    const oldest = this.#sql.oldest.get() as { id: number; samples: number } | undefined;
    if (!oldest) return null;
    this.#sql.drop.run(oldest.id);
    return oldest.samples;
  }

  #count(reason: Reason, samples: number): void {
    if (samples > 0) this.#sql.count.run({ reason, samples });
  }
}
