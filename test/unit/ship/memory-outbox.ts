// An outbox in memory that behaves like the ledger's: one list, one cursor per endpoint.

import type { Outbox, OutboxRequest } from "../../../src/ship/outbox.ts";

export class MemoryOutbox implements Outbox {
  readonly #requests: OutboxRequest[] = [];
  readonly #cursors = new Map<string, number>();
  /** Thrown by the next call of the named method, once each. */
  readonly failures: { method: "next" | "accepted"; error: Error }[] = [];

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
    const cursor = this.#cursor(endpoint);
    const oldest = this.#requests[cursor];
    if (oldest?.id !== id) throw new Error(`request ${id} is not ${endpoint}'s oldest, which is ${oldest?.id}`);
    this.#cursors.set(endpoint, cursor + 1);
  }

  pending(endpoint: string): number {
    return this.#requests.length - this.#cursor(endpoint);
  }

  #cursor(endpoint: string): number {
    return this.#cursors.get(endpoint) ?? 0;
  }

  #failOnce(method: "next" | "accepted"): void {
    if (this.failures[0]?.method !== method) return;
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure.error;
  }
}
