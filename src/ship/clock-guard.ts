// Compares this host's clock with its receivers': a clock that is wrong makes samples that a receiver refuses for hours.

import type { Log } from "../telemetry/log.ts";

/** Above it samples of this host are in a receiver's future, or its windows are not those of other hosts. */
const WARN_MS = 30_000;
/** Below it they agree again; less than WARN_MS by what one measurement can be off. */
const AGREE_MS = 28_000;

export class ClockGuard {
  readonly #log: Log;
  #warned = false;

  /** `log` carries the endpoint's name. */
  constructor(log: Log) {
    this.#log = log;
  }

  /** `skewMs`: local minus remote. Logs once when it exceeds 30 s, and once when it no longer does. */
  observe(skewMs: number): void {
    const facts = { skew_ms: Math.round(skewMs) };
    if (!this.#warned && Math.abs(skewMs) > WARN_MS) {
      this.#warned = true;
      this.#log.warn(facts, "this host's clock and the receiver's differ: synchronise them");
    } else if (this.#warned && Math.abs(skewMs) <= AGREE_MS) {
      this.#warned = false;
      this.#log.info(facts, "this host's clock and the receiver's agree again");
    }
  }
}
