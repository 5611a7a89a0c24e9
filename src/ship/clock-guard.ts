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

/** Longer exchanges do not tell when the receiver looked at its clock. */
const MAX_EXCHANGE_MS = 2_000;
/** The header has whole seconds: on average it is half of one behind. */
const HALF_SECOND_MS = 500;

/**
 * Local minus remote time by an answer's Date header (RFC 9110 section 6.6.1), of an exchange from `startMs` to `endMs`
 * of the local clock; right to about 1.5 s. Null where there is no date or the exchange took longer than 2 s.
 */
export function clockSkewMs(date: string | null, startMs: number, endMs: number): number | null {
  const remoteMs = date === null ? Number.NaN : Date.parse(date);
  if (Number.isNaN(remoteMs) || Math.abs(endMs - startMs) > MAX_EXCHANGE_MS) return null;
  return (startMs + endMs) / 2 - (remoteMs + HALF_SECOND_MS);
}
