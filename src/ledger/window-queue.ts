// Windows on their way from capture into the ledger: committed one at a time, in order, and tried again until they are
// on disk. Bounded: when the ledger refuses for so long that the queue is full, a window is given up; so is what it
// refuses once the agent stops. One that its source keeps is offered again later, any other is lost, loudly.

import { setTimeout as sleep } from "node:timers/promises";
import type { WindowUsage } from "../model/window.ts";
import type { Log } from "../telemetry/log.ts";
import type { CommitResult } from "./ledger.ts";
import { LedgerCallError } from "./ledger-client.ts";

export interface WindowLedger {
  call(method: "close", window: WindowUsage, options: { live: boolean }): Promise<CommitResult>;
  call(method: "hold", window: WindowUsage): Promise<CommitResult>;
}

export interface WindowQueueDependencies {
  readonly ledger: WindowLedger;
  readonly log: Log;
  readonly committed: (window: WindowUsage, result: CommitResult) => void;
  readonly failed: (error: unknown) => void;
  readonly lost: (window: WindowUsage) => void;
  /** Aborts when the agent stops: from then on each window has one try. */
  readonly stopping: AbortSignal;
}

const LOST = "a window is lost: the ledger refused it";
const STAYS = "a window stays in the kernel: the ledger refused it";
const LATE = "usage came after its billing interval was pushed: the ledger has it, the pushed gauge has not";

interface Entry {
  readonly window: WindowUsage;
  readonly kind: "closed" | "open";
  readonly done: (onDisk: boolean) => void;
}

/** An hour of 60 s windows; with 65,536 addresses in each, 200 MB. */
const MAX_WINDOWS = 60;
const RETRY_MS = 5_000;

export class WindowQueue {
  readonly #deps: WindowQueueDependencies;
  readonly #entries: Entry[] = [];
  #working: Promise<void> | null = null;
  /** What the ledger said at the last refusal; null while it accepts. */
  #refusal: string | null = null;

  constructor(deps: WindowQueueDependencies) {
    this.#deps = deps;
  }

  closed(window: WindowUsage): Promise<boolean> {
    return this.#put(window, "closed");
  }

  open(window: WindowUsage): Promise<boolean> {
    return this.#put(window, "open");
  }

  /** The earliest start of a queued window; null where there is none. */
  get pendingFromMs(): number | null {
    const starts = this.#entries.map(({ window }) => window.startMs);
    return starts.length === 0 ? null : Math.min(...starts);
  }

  /** Waits until nothing is queued. */
  async drain(): Promise<void> {
    await this.#working;
  }

  #put(window: WindowUsage, kind: Entry["kind"]): Promise<boolean> {
    return new Promise((resolve) => {
      this.#entries.push({ window, kind, done: resolve });
      if (this.#entries.length > MAX_WINDOWS) this.#makeRoom();
      this.#working ??= this.#work();
    });
  }

  /** The newest of those that are offered again, so that none overtakes another; without any, the oldest. */
  #makeRoom(): void {
    const entry = this.#entries.findLast(isKept) ?? this.#entries[0];
    if (entry) this.#giveUp(entry);
  }

  async #work(): Promise<void> {
    const { stopping } = this.#deps;
    for (let entry = this.#entries[0]; entry; entry = this.#entries[0]) {
      if (await this.#commit(entry)) this.#finish(entry);
      else if (stopping.aborted) this.#giveUp(entry);
      else await sleep(RETRY_MS, undefined, { signal: stopping }).catch(() => undefined);
    }
    // In the same turn as the look at the empty queue: whoever waited for the last window may put the next.
    this.#working = null;
  }

  #finish(entry: Entry): void {
    if (this.#remove(entry)) entry.done(true);
  }

  /** False where it is gone: given up for a full queue while its commit was under way. */
  #remove(entry: Entry): boolean {
    const at = this.#entries.indexOf(entry);
    if (at >= 0) this.#entries.splice(at, 1);
    return at >= 0;
  }

  async #commit({ window, kind }: Entry): Promise<boolean> {
    const { ledger, log } = this.#deps;
    const call = kind === "closed" ? ledger.call("close", window, { live: true }) : ledger.call("hold", window);
    const result = await call.catch((error: unknown) => {
      this.#refused(window, error);
      return null;
    });
    if (!result) return false;
    if (this.#refusal !== null) log.info("the ledger accepts windows again");
    this.#refusal = null;
    if (result.lateBytes > 0) log.warn({ ...describe(window), late_bytes: result.lateBytes }, LATE);
    this.#deps.committed(window, result);
    return true;
  }

  #refused(window: WindowUsage, error: unknown): void {
    this.#deps.failed(error);
    const reason = error instanceof Error ? error.message : String(error);
    if (this.#refusal !== reason) {
      // The stack is for what should not happen; a full disk needs none.
      const why = error instanceof LedgerCallError && error.expected ? { reason } : { reason, err: error };
      this.#deps.log.error({ ...why, ...describe(window) }, "cannot commit a window, trying again");
    }
    this.#refusal = reason;
  }

  #giveUp(entry: Entry): void {
    const at = this.#entries.indexOf(entry);
    if (at < 0) return;
    const { window } = entry;
    if (!isKept(entry)) {
      this.#deps.lost(window);
      this.#deps.log.error({ ...describe(window), ip_bytes: window.totals.ipBytes }, LOST);
      this.#refuse(entry);
      return;
    }
    const ofInterface = this.#entries.slice(at).filter((one) => one.window.interface === window.interface);
    // Later windows stay with it: what is offered again still comes in order.
    for (const kept of ofInterface.filter(isKept)) {
      this.#deps.log.warn(describe(kept.window), STAYS);
      this.#refuse(kept);
    }
  }

  #refuse(entry: Entry): void {
    this.#remove(entry);
    entry.done(false);
  }
}

function isKept({ window }: Entry): boolean {
  return window.source !== null;
}

function describe(window: WindowUsage): { interface: string; window_start: string } {
  return { interface: window.interface, window_start: new Date(window.startMs).toISOString() };
}
