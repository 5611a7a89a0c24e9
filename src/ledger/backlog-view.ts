// The backlog as a status page needs it: fresh where the ledger's thread answers at once, else as it was last known. A
// window of 65,536 addresses keeps that thread busy for half a second, and no client waits for that.

import { setTimeout as sleep } from "node:timers/promises";
import type { Backlog } from "../buffer/outbox.ts";

const PATIENCE_MS = 20;
/** Nothing known is not the same as nothing pending. */
const FIRST_PATIENCE_MS = 2_000;

export class BacklogView {
  readonly #read: () => Promise<readonly Backlog[]>;
  #known: readonly Backlog[] | null = null;
  #reading: Promise<void> | null = null;

  /** `read` asks the ledger; a failure leaves what was known. */
  constructor(read: () => Promise<readonly Backlog[]>) {
    this.#read = read;
  }

  /** The backlog of every endpoint, in at most 20 ms; the first time in at most 2 s. */
  async latest(): Promise<readonly Backlog[]> {
    this.#reading ??= this.#refresh();
    const patienceMs = this.#known === null ? FIRST_PATIENCE_MS : PATIENCE_MS;
    await Promise.race([this.#reading, sleep(patienceMs, undefined, { ref: false })]);
    return this.#known ?? [];
  }

  async #refresh(): Promise<void> {
    try {
      this.#known = await this.#read();
    } catch {
      // A ledger that refuses is told by health; the last known figures stay.
    }
    this.#reading = null;
  }
}
