// The longest stall of a running agent's event loop, by its own histogram, which it publishes and begins anew 2 s after
// each window's end. Read twice a second: what falls between the last reading and that moment is not seen.

import { setTimeout as sleep } from "node:timers/promises";
import { answer } from "./answer.ts";

const INTERVAL_MS = 500;
const GAUGE = /^acct_agent_event_loop_stall_seconds (\S+)$/m;

export class StallWatch {
  readonly #socketPath: string;
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;
  #longestMs = 0;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
    this.#done = this.#read();
    // Whoever stops the watch learns why it failed.
    this.#done.catch(() => undefined);
  }

  async stop(): Promise<number> {
    this.#stop.abort();
    await this.#done;
    return this.#longestMs;
  }

  async #read(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const { body } = await answer(this.#socketPath, "/metrics");
      const seconds = Number(GAUGE.exec(body)?.[1]);
      if (Number.isNaN(seconds)) throw new Error("the agent's metrics lack acct_agent_event_loop_stall_seconds");
      this.#longestMs = Math.max(this.#longestMs, seconds * 1000);
      await sleep(INTERVAL_MS, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
  }
}
