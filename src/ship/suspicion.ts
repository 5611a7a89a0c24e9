// Which answers are about the samples of a request, and which about the receiver.

import type { ProvenStatus } from "./proven-status.ts";
import { Repeats } from "./repeats.ts";

const SECOND_MS = 1_000;
/** The same 5xx so often, and for so long, is more than a receiver's bad moment. */
const PERSISTENT = { times: 3, forMs: 30 * SECOND_MS };
/** A burst above the receiver's limit: waiting does not help. */
const THROTTLED = { times: 3, forMs: 0 };
/** A request that could not be told from a broken receiver is taken apart again after this. */
const UNPROVEN_MS = 600 * SECOND_MS;
/** What a gateway says of a receiver that it cannot reach, never of a sample. */
const OUTAGES: ReadonlySet<number> = new Set([502, 503, 504]);

export class Suspicion {
  readonly #proven: ProvenStatus;
  readonly #repeats = new Repeats();
  #believed = new Set<number>();
  #unprovenUntilMs = Number.NEGATIVE_INFINITY;

  /** `proven` is shared by the requests of an endpoint. */
  constructor(proven: ProvenStatus) {
    this.#proven = proven;
  }

  /** Notes the answer to a push; the same push has the same bytes. */
  answered(status: number | null, nowMs: number): void {
    this.#repeats.note(status, nowMs);
  }

  /** Other bytes are pushed next. */
  nextPush(): void {
    this.#repeats.clear();
  }

  /** Whether 429 was the answer to the same push three times in a row. */
  isThrottled(status: number | null, nowMs: number): boolean {
    return status === 429 && this.#repeats.last({ ...THROTTLED, nowMs });
  }

  /** Whether a 5xx may be about a sample: it is the same again and again, or is believed or proven already. */
  isSuspicious(status: number | null, nowMs: number): boolean {
    if (status === null || status < 500 || OUTAGES.has(status)) return false;
    if (this.#believed.has(status)) return true;
    if (nowMs < this.#unprovenUntilMs) return false;
    return this.#proven.is(status, nowMs) || this.#repeats.last({ ...PERSISTENT, nowMs });
  }

  /** Samples are parked for this 5xx, and the receiver is well. */
  proven(status: number, nowMs: number): void {
    this.#proven.learn(status, nowMs);
  }

  /** The receiver gave this status while it took an empty request: it is about the samples. */
  believe(status: number): void {
    this.#believed.add(status);
  }

  believes(status: number | null): boolean {
    return status !== null && this.#believed.has(status);
  }

  get believesAny(): boolean {
    return this.#believed.size > 0;
  }

  /** Nothing is believed any more; `unproven`: nor will a 5xx be for ten minutes. */
  startOver(nowMs: number, { unproven }: { readonly unproven: boolean }): void {
    this.#believed = new Set();
    this.#proven.forget();
    this.#repeats.clear();
    if (unproven) this.#unprovenUntilMs = nowMs + UNPROVEN_MS;
  }
}
