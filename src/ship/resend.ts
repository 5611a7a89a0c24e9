// Sends an endpoint's dead letters again, oldest sample first, several in a request. What is accepted is removed, what is
// refused again stays with the new answer; a receiver that is down ends it, and nothing is lost.

import type { Clock } from "../model/time.ts";
import { waitAfterMs } from "./backoff.ts";
import { joinRequests } from "./cut-request.ts";
import { Division, sizeOf } from "./division.ts";
import type { Client } from "./pusher.ts";
import type { SampleRefusal } from "./refused-sample.ts";
import type { Exchange } from "./remote-write-client.ts";
import { wait } from "./wait.ts";

export interface Letter {
  readonly id: number;
  readonly timestampMs: number;
  /** A request with one sample. */
  readonly body: Uint8Array;
}

/** What it needs of the buffer. */
export interface Letters {
  /** The next `limit` of an endpoint behind `after`, by time of the sample. */
  next(endpoint: string, after: { timestampMs: number; id: number }, limit: number): readonly Letter[];
  answered(id: number, answer: SampleRefusal): void;
  remove(ids: readonly number[]): void;
}

export interface ResendResult {
  readonly accepted: number;
  readonly refused: number;
  /** Why it ended early; null where all were tried. */
  readonly error: string | null;
}

interface ResendDependencies {
  readonly client: Client;
  readonly letters: Letters;
  readonly clock: Clock;
}

const BATCH = 500;
const TRIES = 3;
const BEGINNING = { timestampMs: Number.MIN_SAFE_INTEGER, id: 0 };
/** A gateway or a limit says nothing of a sample. */
const PASSING: ReadonlySet<number | null> = new Set([null, 429, 502, 503, 504]);
const NEVER = new AbortController().signal;

export class Resend {
  readonly #endpoint: string;
  readonly #dependencies: ResendDependencies;
  #accepted = 0;
  #refused = 0;

  constructor(endpoint: string, dependencies: ResendDependencies) {
    this.#endpoint = endpoint;
    this.#dependencies = dependencies;
  }

  async run(): Promise<ResendResult> {
    const { letters } = this.#dependencies;
    let error: string | null = null;
    let page = letters.next(this.#endpoint, BEGINNING, BATCH);
    for (let last = page.at(-1); last !== undefined && error === null; last = page.at(-1)) {
      for (const batch of batchesOf(page)) error ??= await this.#send(batch);
      page = letters.next(this.#endpoint, last, BATCH);
    }
    return { accepted: this.#accepted, refused: this.#refused, error };
  }

  /** Null when each letter of the batch is accepted or refused by itself, else why it cannot go on. */
  async #send(batch: readonly Letter[]): Promise<string | null> {
    const { letters, clock } = this.#dependencies;
    const division = new Division([{ from: 0, to: batch.length }]);
    for (let part = division.next(); part !== null; part = division.next()) {
      const sent = batch.slice(part.from, part.to);
      const { outcome, status, words } = await this.#push(sent);
      if (outcome.kind === "accepted") {
        letters.remove(sent.map(({ id }) => id));
        this.#accepted += sent.length;
        division.accepted();
      } else if (outcome.kind === "hold" || PASSING.has(status)) return outcome.reason;
      else if (outcome.kind === "split" && sizeOf(part) > 1) division.shrink(part);
      else if (division.refused()) {
        for (const { id } of sent) letters.answered(id, { code: status ?? 0, words, refusedMs: clock.now() });
        this.#refused += 1;
      }
    }
    return null;
  }

  /** A passing failure is tried again after the usual back-off, a few times. */
  async #push(letters: readonly Letter[]): Promise<Exchange> {
    const body = joinRequests(letters.map((letter) => letter.body));
    for (let attempt = 0; ; attempt += 1) {
      const exchange = await this.#dependencies.client.send(body, attempt, NEVER);
      const { outcome, status } = exchange;
      if (outcome.kind !== "retry" || !PASSING.has(status) || attempt + 1 === TRIES) return exchange;
      await wait(waitAfterMs(outcome, attempt + 1, 0.5), NEVER);
    }
  }
}

/** A request holds one time stamp for each series: letters of one time, each series once. */
function batchesOf(letters: readonly Letter[]): Letter[][] {
  const batches: Letter[][] = [];
  for (const letter of letters) {
    const batch = batches.at(-1);
    if (batch?.[0]?.timestampMs === letter.timestampMs) batch.push(letter);
    else batches.push([letter]);
  }
  return batches;
}
