// How long the event loop of this process stood still: by Node's own histogram, and by a timer of one millisecond that
// looks at the clock, which also sees a stall that the histogram's timer was late to start.

import { monitorEventLoopDelay } from "node:perf_hooks";

export interface Stalls {
  /** Longest in milliseconds, by each measure. */
  readonly histogramMs: number;
  readonly ticksMs: number;
}

/** Watches from its making on, until `stop`. */
export class EventLoopWatch {
  readonly #histogram = monitorEventLoopDelay({ resolution: 1 });
  readonly #timer: NodeJS.Timeout;
  #lastMs = performance.now();
  #longestMs = 0;

  constructor() {
    this.#histogram.enable();
    this.#timer = setInterval(() => this.#tick(), 1);
  }

  stop(): Stalls {
    this.#tick();
    clearInterval(this.#timer);
    this.#histogram.disable();
    return { histogramMs: this.#histogram.max / 1e6, ticksMs: this.#longestMs };
  }

  #tick(): void {
    const nowMs = performance.now();
    this.#longestMs = Math.max(this.#longestMs, nowMs - this.#lastMs);
    this.#lastMs = nowMs;
  }
}
