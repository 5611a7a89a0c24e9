// An outbox in memory that behaves like the ledger's: one list, one cursor per endpoint.

import type { Outbox, OutboxRequest } from "../../../src/ship/outbox.ts";
import type { RefusedSample } from "../../../src/ship/refused-sample.ts";

export class MemoryOutbox implements Outbox {
  readonly #requests: OutboxRequest[] = [];
  readonly #cursors = new Map<string, number>();
  /** Thrown by the next call of the named method, once each. */
  readonly failures: { method: "next" | "accepted" | "park"; error: Error }[] = [];
  /** What was parked, in order, with the endpoint and the request. */
  readonly parked: (RefusedSample & { readonly endpoint: string; readonly request: number })[] = [];

  append(...requests: readonly OutboxRequest[]): void {
    this.#requests.push(...requests);
  }

  async next(endpoint: string): Promise<OutboxRequest | null> {
    this.#failOnce("next");
    return this.#requests[this.#cursor(endpoint)] ?? null;
  }

  /** Throws unless `id` is the endpoint's oldest pending request. */
  async accepted(endpoint: string, id: number): Promise<void> {
    this.#failOnce("accepted");
    this.#advance(endpoint, id);
  }

  async park(endpoint: string, request: number, refused: readonly RefusedSample[]): Promise<number> {
    this.#failOnce("park");
    this.#advance(endpoint, request);
    this.parked.push(...refused.map((sample) => ({ ...sample, endpoint, request })));
    return 0;
  }

  pending(endpoint: string): number {
    return this.#requests.length - this.#cursor(endpoint);
  }

  #advance(endpoint: string, id: number): void {
    const cursor = this.#cursor(endpoint);
    const oldest = this.#requests[cursor];
    if (oldest?.id !== id) throw new Error(`request ${id} is not ${endpoint}'s oldest, which is ${oldest?.id}`);
    this.#cursors.set(endpoint, cursor + 1);
  }

  #cursor(endpoint: string): number {
    return this.#cursors.get(endpoint) ?? 0;
  }

  #failOnce(method: "next" | "accepted" | "park"): void {
    if (this.failures[0]?.method !== method) return;
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure.error;
  }
}
