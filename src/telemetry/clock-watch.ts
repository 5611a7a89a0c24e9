// Watches what the kernel says of its clock: in metrics, and in the log when it changes. It holds nothing back: a clock
// that nobody synchronises may be right, and windows that end in the future are held by the ship stage.

import { Gauge } from "prom-client";
import { type ClockState, readClockState } from "../lib/clock-state.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";

export interface ClockWatchDependencies {
  readonly log: Log;
  readonly read?: () => ClockState | null;
}

const LOST = "the kernel does not take this host's clock for synchronised: run chrony, ntpd or systemd-timesyncd";
const FOUND = "the kernel takes this host's clock for synchronised";

export class ClockWatch {
  readonly #log: Log;
  readonly #read: () => ClockState | null;
  /** What the log's reader knows: a host's clock is taken for synchronised. */
  #said = true;

  /** Registers the metrics; the kernel is asked at each look at them. They are absent where it does not answer. */
  constructor(metrics: Metrics, { log, read = readClockState }: ClockWatchDependencies) {
    this.#log = log;
    this.#read = read;
    const gauge = (name: string, help: string, of: (state: ClockState) => number): void => {
      const made: Gauge = new Gauge({
        name: `acct_agent_clock_${name}`,
        help,
        registers: [metrics],
        collect: () => {
          const state = this.observe();
          if (state === null) made.remove();
          else made.set(of(state));
        },
      });
    };
    gauge("synchronized", "1 where the kernel takes its clock for synchronised.", (state) =>
      state.synchronized ? 1 : 0,
    );
    gauge(
      "estimated_error_seconds",
      "How far off the clock is, as its time service estimates.",
      (state) => state.estimatedErrorSeconds,
    );
    gauge(
      "max_error_seconds",
      "How far off the clock is at most, while it is synchronised.",
      (state) => state.maxErrorSeconds,
    );
  }

  /** Asks the kernel; null where it does not answer. Logs once when the clock is not synchronised any more, and once when it is. */
  observe(): ClockState | null {
    const state = this.#read();
    if (state !== null && state.synchronized !== this.#said) this.#say(state);
    return state;
  }

  #say({ synchronized, maxErrorSeconds }: ClockState): void {
    this.#said = synchronized;
    const facts = { max_error_seconds: maxErrorSeconds };
    if (synchronized) this.#log.info(facts, FOUND);
    else this.#log.warn(facts, LOST);
  }
}
