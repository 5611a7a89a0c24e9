// The samples that a receiver refused by themselves, kept until somebody retries or drops them. Bounded: beyond 100,000
// of an endpoint the oldest make room, and how many is returned, never silent.

import type { Database } from "./database.ts";

export interface NewDeadLetter {
  /** Its place in the request. */
  readonly index: number;
  /** HTTP status. */
  readonly code: number;
  /** What the receiver said, its first KiB. */
  readonly words: string;
  /** Milliseconds since the epoch. */
  readonly refusedMs: number;
  /** A request with this sample alone, ready to send. */
  readonly body: Uint8Array;
  /** For people: what `body` holds. */
  readonly series: string;
  readonly value: string;
  readonly timestampMs: number;
}

export interface DeadLetter extends Omit<NewDeadLetter, "index" | "body"> {
  readonly id: number;
  readonly endpoint: string;
  readonly requestId: number;
  readonly windowEndMs: number;
  readonly kind: string;
}

export interface LetterBody {
  readonly id: number;
  readonly timestampMs: number;
  readonly body: Buffer;
}

const MAX_LETTERS = 100_000;

const SQL = {
  // A request that left the outbox meanwhile was dropped, and counted, as a whole.
  add: `
    INSERT INTO dead_letter (endpoint, request_id, sample_index, window_end_ms, kind, code, words, refused_ms, body,
      series, value, timestamp_ms)
    SELECT @endpoint, id, @index, window_end_ms, kind, @code, @words, @refusedMs, @body, @series, @value, @timestampMs
    FROM outbox WHERE id = @requestId
    ON CONFLICT DO NOTHING`,
  limit: `
    DELETE FROM dead_letter WHERE endpoint = @endpoint AND id <=
      (SELECT id FROM dead_letter WHERE endpoint = @endpoint ORDER BY id DESC LIMIT 1 OFFSET @limit)`,
  list: `
    SELECT id, endpoint, request_id AS requestId, window_end_ms AS windowEndMs, kind, code, words,
      refused_ms AS refusedMs, series, value, timestamp_ms AS timestampMs
    FROM dead_letter WHERE endpoint = coalesce(@endpoint, endpoint) ORDER BY endpoint, timestamp_ms, id`,
  endpoints: "SELECT DISTINCT endpoint FROM dead_letter ORDER BY endpoint",
  after: `
    SELECT id, timestamp_ms AS timestampMs, body FROM dead_letter
    WHERE endpoint = @endpoint AND (timestamp_ms, id) > (@timestampMs, @id) ORDER BY timestamp_ms, id LIMIT @limit`,
  answer: "UPDATE dead_letter SET code = @code, words = @words, refused_ms = @refusedMs WHERE id = @id",
  remove: "DELETE FROM dead_letter WHERE id = ?",
  drop: "DELETE FROM dead_letter WHERE endpoint = ?",
} as const;

export class DeadLetters {
  readonly #database: Database;
  readonly #limit: number;

  constructor(database: Database, limit = MAX_LETTERS) {
    this.#database = database;
    this.#limit = limit;
  }

  /** Keeps what `endpoint` refused of a request, each sample once. Returns how many older ones had to make room. */
  add(endpoint: string, requestId: number, letters: readonly NewDeadLetter[]): number {
    const insert = this.#database.prepare(SQL.add);
    return this.#database.transaction(() => {
      for (const letter of letters) insert.run({ ...letter, endpoint, requestId });
      return this.#database.prepare(SQL.limit).run({ endpoint, limit: this.#limit }).changes;
    })();
  }

  /** By endpoint and time of the sample; of all endpoints where none is named. */
  list(endpoint: string | null): readonly DeadLetter[] {
    return this.#database.prepare(SQL.list).all({ endpoint }) as DeadLetter[];
  }

  /** The endpoints that have any. */
  endpoints(): readonly string[] {
    return this.#database.prepare(SQL.endpoints).pluck().all() as string[];
  }

  /** The next ones of an endpoint behind `after`, by time of the sample. */
  next(endpoint: string, after: { timestampMs: number; id: number }, limit: number): readonly LetterBody[] {
    return this.#database.prepare(SQL.after).all({ ...after, endpoint, limit }) as LetterBody[];
  }

  /** Notes that one was refused again. */
  answered(id: number, answer: Pick<NewDeadLetter, "code" | "words" | "refusedMs">): void {
    this.#database.prepare(SQL.answer).run({ ...answer, id });
  }

  remove(ids: readonly number[]): void {
    const remove = this.#database.prepare(SQL.remove);
    this.#database.transaction(() => {
      for (const id of ids) remove.run(id);
    })();
  }

  /** Removes all of an endpoint and returns how many there were. */
  drop(endpoint: string): number {
    return this.#database.prepare(SQL.drop).run(endpoint).changes;
  }
}
