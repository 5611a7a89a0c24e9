// Ready remote-write requests and each endpoint's place among them. A request leaves when every endpoint has it, or
// when the ledger outgrows `max_bytes` (outbox-trim.ts).

import type { Statement } from "better-sqlite3";
import type { Database } from "./database.ts";

export interface OutboxRequest {
  readonly id: number;
  /** End of the window (or interval) that its samples are of, milliseconds since the epoch. */
  readonly windowEndMs: number;
  readonly samples: number;
  /** Snappy-compressed remote-write request; a resend is these same bytes. */
  readonly body: Buffer;
}

export interface NewRequest {
  readonly windowEndMs: number;
  readonly kind: "counter" | "interval" | "self";
  readonly samples: number;
  readonly body: Uint8Array;
}

export interface Backlog {
  readonly endpoint: string;
  readonly requests: number;
  readonly samples: number;
  /** End of the oldest pending window; null where nothing is pending. */
  readonly oldestWindowEndMs: number | null;
  /** Samples that the endpoint refused, kept until somebody acts. */
  readonly deadLetters: number;
}

const SQL = {
  append: "INSERT INTO outbox (window_end_ms, kind, samples, body) VALUES (@windowEndMs, @kind, @samples, @body)",
  next: `
    SELECT id, window_end_ms AS windowEndMs, samples, body FROM outbox
    WHERE id > (SELECT cursor FROM endpoint WHERE name = ?) ORDER BY id LIMIT 1`,
  advance: "UPDATE endpoint SET cursor = max(cursor, @id) WHERE name = @endpoint",
  forget: "DELETE FROM outbox WHERE id <= (SELECT min(cursor) FROM endpoint)",
  endpoints: "SELECT name FROM endpoint ORDER BY name",
  addEndpoint: "INSERT INTO endpoint (name, cursor) VALUES (?, 0) ON CONFLICT DO NOTHING",
  removeEndpoint: "DELETE FROM endpoint WHERE name = ?",
  clear: "DELETE FROM outbox WHERE NOT EXISTS (SELECT 1 FROM endpoint)",
  backlog: `
    SELECT e.name AS endpoint, count(o.id) AS requests, coalesce(sum(o.samples), 0) AS samples,
      min(o.window_end_ms) AS oldestWindowEndMs,
      (SELECT count(*) FROM dead_letter d WHERE d.endpoint = e.name) AS deadLetters
    FROM endpoint e LEFT JOIN outbox o ON o.id > e.cursor GROUP BY e.name ORDER BY e.name`,
} as const;

export class Outbox {
  readonly #database: Database;
  readonly #sql: { readonly [K in keyof typeof SQL]: Statement };

  constructor(database: Database) {
    this.#database = database;
    const prepared = Object.entries(SQL).map(([name, sql]) => [name, database.prepare(sql)]);
    this.#sql = Object.fromEntries(prepared) as { [K in keyof typeof SQL]: Statement };
  }

  /** Returns the id, which is greater than all before. */
  append(request: NewRequest): number {
    return Number(this.#sql.append.run(request).lastInsertRowid);
  }

  /** The oldest request that the endpoint has not accepted. */
  next(endpoint: string): OutboxRequest | null {
    return (this.#sql.next.get(endpoint) as OutboxRequest | undefined) ?? null;
  }

  /** Moves the endpoint's cursor past `id` and forgets what every endpoint has. */
  accepted(endpoint: string, id: number): void {
    this.#database.transaction(() => {
      this.#sql.advance.run({ endpoint, id });
      this.#sql.forget.run();
    })();
  }

  /** Adds endpoints: a known one keeps its place, a new one starts from what is retained. Returns the new ones. */
  addEndpoints(names: readonly string[]): readonly string[] {
    return names.filter((name) => this.#sql.addEndpoint.run(name).changes === 1);
  }

  /** Forgets all other endpoints: they hold nothing back any more. */
  removeOthers(names: readonly string[]): void {
    this.#database.transaction(() => {
      const known = (this.#sql.endpoints.all() as { name: string }[]).map((row) => row.name);
      for (const name of known.filter((candidate) => !names.includes(candidate))) this.#sql.removeEndpoint.run(name);
      this.#sql.clear.run();
      this.#sql.forget.run();
    })();
  }

  backlog(): readonly Backlog[] {
    return this.#sql.backlog.all() as Backlog[];
  }
}
