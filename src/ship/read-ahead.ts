// One endpoint's pending requests in their order, read while others are in flight. What it accepts becomes durable for
// several requests at once, 250 ms later at most: a crash sends at most these again, the same samples.

import { MAX_REQUEST_SAMPLES, type Outbox, type OutboxRequest, type PendingRequests, type ReadForm } from "./outbox.ts";
import type { RefusedSample } from "./refused-sample.ts";

export interface ReadAheadOptions {
  readonly endpoint: string;
  readonly outbox: Outbox;
  /** Asked before each read. */
  readonly form: () => ReadForm;
  readonly maxJoinedSamples: number;
  /** The receiver may not take a sample again that is older than the newest of its series. */
  readonly isStrict: () => boolean;
}

/** Requests in memory; a joined one is as large as ten. */
const MAX_STORED = 16;
const MAX_JOINED = 2;
const MAX_UNDURABLE_MS = 250;

export class ReadAhead {
  readonly #options: ReadAheadOptions;
  #ready: OutboxRequest[] = [];
  #more = true;
  #readId = 0;
  #restarts = 0;
  /** The newest that was accepted. */
  #accepted: OutboxRequest | null = null;
  /** How many were accepted so far, and how many of them the ledger knows. */
  #acceptedCount = 0;
  #durableCount = 0;
  #advancing: Promise<void> | null = null;
  /** The ledger has refused in the background: the next call tells. */
  #failed = false;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: ReadAheadOptions) {
    this.#options = options;
  }

  /**
   * The oldest request that was not accepted, the same until it is; null when there is none, and then all is durable.
   * Rejects where the ledger refuses; nothing is lost by that, and the next call tries again.
   */
  async next(): Promise<OutboxRequest | null> {
    for (;;) {
      const [head] = this.#ready;
      if (head !== undefined && this.#mayFollow(head)) return this.#readOn(head);
      await this.#advance(this.#room());
      if (this.#ready.length === 0 && !this.#more && this.#isDurable) return null;
    }
  }

  /** The request that `next` gave is accepted. */
  accepted(request: OutboxRequest): void {
    this.#take(request);
    this.#startTimer();
  }

  /** The same, but for `refused` in it; durable when it resolves. */
  async park(request: OutboxRequest, refused: readonly RefusedSample[]): Promise<number> {
    const { endpoint, outbox } = this.#options;
    const dropped = await outbox.park(endpoint, request.id, refused);
    this.#take(request);
    this.#durableCount = this.#acceptedCount;
    this.#stopTimer();
    return dropped;
  }

  /** Reads what is pending anew: in another form. */
  restart(): void {
    this.#restarts += 1;
    this.#ready = [];
    this.#readId = this.#accepted?.id ?? 0;
    this.#more = true;
  }

  /** Resolves when all that was accepted is durable. Rejects where the ledger refuses. */
  async flush(): Promise<void> {
    while (!this.#isDurable) await this.#advance(0);
  }

  get #isDurable(): boolean {
    return this.#durableCount === this.#acceptedCount;
  }

  #take(request: OutboxRequest): void {
    if (this.#ready[0] === request) this.#ready.shift();
    this.#accepted = request;
    this.#acceptedCount += 1;
  }

  /** Whether `head` may be pushed before what was accepted is durable. */
  #mayFollow(head: OutboxRequest): boolean {
    if (this.#failed) return false;
    if (this.#isDurable || this.#accepted === null) return true;
    return !this.#options.isStrict() || haveOtherSeries(this.#accepted, head);
  }

  #room(): number {
    return Math.max(0, (this.#options.form() === "joined" ? MAX_JOINED : MAX_STORED) - this.#ready.length);
  }

  #readOn(head: OutboxRequest): OutboxRequest {
    const room = this.#room();
    const isLow = this.#options.form() === "joined" ? room > 0 : room >= MAX_STORED / 2;
    if (this.#more && isLow) this.#inBackground(room);
    return head;
  }

  #inBackground(maxRequests: number): void {
    // What fails here fails again in the next call of `next`, whose caller waits before it tries once more.
    this.#advance(maxRequests).catch(() => {});
  }

  /** One call at a time; joins the one that is under way. */
  #advance(maxRequests: number): Promise<void> {
    this.#advancing ??= this.#call(maxRequests).finally(() => {
      this.#advancing = null;
    });
    return this.#advancing;
  }

  async #call(maxRequests: number): Promise<void> {
    const { endpoint, outbox, form, maxJoinedSamples } = this.#options;
    const [count, afterId, restarts] = [this.#acceptedCount, this.#readId, this.#restarts];
    const acceptedId = this.#isDurable ? null : (this.#accepted?.id ?? null);
    const advance = { acceptedId, afterId, form: form(), maxRequests, maxJoinedSamples };
    this.#stopTimer();
    const pending = await outbox.advance(endpoint, advance).catch((error: unknown) => {
      this.#failed = true;
      throw error;
    });
    this.#failed = false;
    this.#durableCount = Math.max(this.#durableCount, count);
    if (!this.#isDurable) this.#startTimer();
    // What was asked for before a restart is not what is wanted now.
    if (maxRequests > 0 && this.#restarts === restarts) this.#add(pending);
  }

  #add({ requests, more }: PendingRequests): void {
    this.#ready.push(...requests);
    this.#readId = requests.at(-1)?.id ?? this.#readId;
    this.#more = more;
  }

  #startTimer(): void {
    this.#timer ??= setTimeout(() => this.#inBackground(0), MAX_UNDURABLE_MS);
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

/**
 * Whether a receiver that takes only the newest sample of a series once more takes `before` again after `request`. Requests
 * of one window have different series, but for counters that start in it: these show an earlier total in requests of their
 * own, of which the last is never full (`OutboxWriter`).
 */
function haveOtherSeries(before: OutboxRequest, request: OutboxRequest): boolean {
  if (before.windowEndMs !== request.windowEndMs || before.joinedSamples !== undefined) return false;
  return before.kind !== "counter" || request.kind !== "counter" || before.samples === MAX_REQUEST_SAMPLES;
}
