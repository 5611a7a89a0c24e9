// An outbox in memory that behaves like the ledger's: one list, one cursor per endpoint, read by the ledger's own reader.

import { OutboxReader } from "../../../src/ledger/outbox-reader.ts";
import type { Advance, Outbox, OutboxRequest, PendingRequests } from "../../../src/ship/outbox.ts";
import type { RefusedSample } from "../../../src/ship/refused-sample.ts";

type Stored = OutboxRequest & { readonly body: Buffer };

export class MemoryOutbox implements Outbox {
  readonly #requests: Stored[] = [];
  readonly #cursors = new Map<string, number>();
  readonly #reader = new OutboxReader({
    pending: (endpoint, afterId) => this.#pending(endpoint, afterId).values(),
    nextSelf: (id, within) => this.#requests.find((one) => isSelfBehind(one, id, within)) ?? null,
  });
  /** Thrown by the next call that reads only, stores an acceptance, or parks; once each. */
  readonly failures: { method: "next" | "accepted" | "park"; error: Error }[] = [];
  /** What was parked, in order, with the endpoint and the request. */
  readonly parked: (RefusedSample & { readonly endpoint: string; readonly request: number })[] = [];
  /** The ids that were noted as accepted or parked, in order: what a commit was made for. */
  readonly commits: number[] = [];
  /** Awaited by each call before it does anything. */
  busy: Promise<unknown> = Promise.resolve();

  append(...requests: readonly OutboxRequest[]): void {
    this.#requests.push(...requests.map((request) => ({ ...request, body: Buffer.from(request.body) })));
  }

  async advance(endpoint: string, advance: Advance): Promise<PendingRequests> {
    await this.busy;
    this.#failOnce(advance.acceptedId === null ? "next" : "accepted");
    if (advance.acceptedId !== null) this.#commit(endpoint, advance.acceptedId);
    return this.#reader.read(endpoint, advance);
  }

  async park(endpoint: string, request: number, refused: readonly RefusedSample[]): Promise<number> {
    await this.busy;
    this.#failOnce("park");
    this.#commit(endpoint, request);
    this.parked.push(...refused.map((sample) => ({ ...sample, endpoint, request })));
    return 0;
  }

  /** Requests that a start would send. */
  pending(endpoint: string): number {
    return this.#pending(endpoint, 0).length;
  }

  #pending(endpoint: string, afterId: number): Stored[] {
    const cursor = this.#cursors.get(endpoint);
    return this.#requests.filter(({ id }) => (cursor === undefined || id > cursor) && (afterId === 0 || id > afterId));
  }

  /** Throws unless `id` is pending. */
  #commit(endpoint: string, id: number): void {
    if (!this.#pending(endpoint, 0).some((one) => one.id === id)) throw new Error(`request ${id} is not pending`);
    this.#cursors.set(endpoint, id);
    this.commits.push(id);
  }

  #failOnce(method: "next" | "accepted" | "park"): void {
    if (this.failures[0]?.method !== method) return;
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure.error;
  }
}

function isSelfBehind(one: OutboxRequest, id: number, within: number): boolean {
  return one.kind === "self" && one.id > id && one.id <= id + within;
}
