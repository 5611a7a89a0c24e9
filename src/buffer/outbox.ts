// Ready remote-write requests and each endpoint's place among them. A request leaves when every endpoint has it, or
// when the ledger outgrows `max_bytes` (outbox-trim.ts).

import type { Statement } from "better-sqlite3";
import type { Database } from "./database.ts";

export interface OutboxRequest {
  readonly id: number;
  /** End of the window (or interval) that its samples are of, milliseconds since the epoch. */
  readonly windowEndMs: number;
  readonly kind: RequestKind;
  readonly samples: number;
  /** Snappy-compressed remote-write request; a resend is these same bytes. */
  readonly body: Buffer;
}

type RequestKind = "counter" | "interval" | "self";

export interface NewRequest {
  readonly windowEndMs: number;
  readonly kind: RequestKind;
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
  pending: `
    SELECT id, window_end_ms AS windowEndMs, kind, samples, body FROM outbox
    WHERE id > max(@afterId, (SELECT cursor FROM endpoint WHERE name = @endpoint)) ORDER BY id`,
  nextSelf: `
    SELECT id, window_end_ms AS windowEndMs, kind, samples, body FROM outbox
    WHERE kind = 'self' AND id BETWEEN @id + 1 AND @id + @within ORDER BY id LIMIT 1`,
  advance: "UPDATE endpoint SET cursor = max(cursor, @id) WHERE name = @endpoint",
  forget: "DELETE FROM outbox WHERE id <= (SELECT min(cursor) FROM endpoint)",
  endpoints: "SELECT name FROM endpoint ORDER BY name",
  addEndpoint: "INSERT INTO endpoint (name, cursor) VALUES (?, 0) ON CONFLICT DO NOTHING",
  addFromNow: `
    INSERT INTO endpoint (name, cursor) SELECT ?, coalesce(max(id), 0) FROM outbox WHERE true ON CONFLICT DO NOTHING`,
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
    for (const request of this.pending(endpoint, 0)) return request;
    return null;
  }

  /** Those behind `afterId` that the endpoint has not accepted, the oldest first. Nothing else can run until it ends. */
  pending(endpoint: string, afterId: number): IterableIterator<OutboxRequest> {
    return this.#sql.pending.iterate({ endpoint, afterId }) as IterableIterator<OutboxRequest>;
  }

  /** The next request of the agent's own metrics, among the `within` ids behind `id`. */
  nextSelf(id: number, within: number): OutboxRequest | null {
    return (this.#sql.nextSelf.get({ id, within }) as OutboxRequest | undefined) ?? null;
  }

  /** Moves the endpoint's cursor past `id` and forgets what every endpoint has. */
  accepted(endpoint: string, id: number): void {
    this.#database.transaction(() => {
      this.#sql.advance.run({ endpoint, id });
      this.#sql.forget.run();
    })();
  }

  /**
   * Adds endpoints: a known one keeps its place, a new one starts from what is retained, or, where it is one of `fromNow`,
   * with what is appended next. Returns the new ones.
   */
  addEndpoints(names: readonly string[], fromNow: readonly string[] = []): readonly string[] {
    const { addEndpoint, addFromNow } = this.#sql;
    return names.filter((name) => (fromNow.includes(name) ? addFromNow : addEndpoint).run(name).changes === 1);
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
