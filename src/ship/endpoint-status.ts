// How one endpoint does: what the status page shows and what the log says. One line for each change, none for a repeat.

import type { Log } from "../telemetry/log.ts";
import type { Refusal } from "./backoff.ts";

export interface EndpointState {
  readonly name: string;
  /**
   * `retrying` and `holding` last until the endpoint accepts something; `holding` needs an operator. `bisecting`: looks for
   * the samples of a request that the receiver does not take.
   */
  readonly state: "idle" | "sending" | "bisecting" | "retrying" | "holding";
  /** Null since the last success. */
  readonly lastError: string | null;
  /** Milliseconds since the epoch; null before the first success of this process. */
  readonly lastSuccessMs: number | null;
}

export class EndpointStatus {
  readonly #log: Log;
  #state: EndpointState;
  /** Failures since the last success. */
  #failures = 0;
  /** What the log was last told: a reason, or "retry" for all that passes by itself. */
  #announced: string | null = null;
  /** Why a request is taken apart. */
  #bisecting: string | null = null;

  /** `log` carries the endpoint's name. */
  constructor(name: string, log: Log) {
    this.#log = log;
    this.#state = { name, state: "idle", lastError: null, lastSuccessMs: null };
  }

  get state(): EndpointState {
    return this.#state;
  }

  sending(): void {
    if (this.#failures === 0) this.#state = { ...this.#state, ...this.#atWork() };
  }

  /** The receiver took a request, or a part of one. */
  accepted(nowMs: number): void {
    if (this.#failures > 0) this.#log.info({ failures: this.#failures }, "endpoint accepts requests again");
    this.#clear();
    this.#state = { ...this.#state, ...this.#atWork(), lastSuccessMs: nowMs };
  }

  /** A request is taken apart because of `reason`, until `resolved`. */
  bisecting(reason: string): void {
    this.#clear();
    this.#bisecting = reason;
    this.sending();
  }

  /** The request is done with. */
  resolved(): void {
    this.#bisecting = null;
  }

  /** Nothing is left to send. */
  idle(): void {
    this.#bisecting = null;
    this.#clear();
  }

  refused(outcome: Refusal, waitMs: number): void {
    this.#failures += 1;
    this.#announce(outcome, waitMs);
    const state = outcome.kind === "retry" ? "retrying" : "holding";
    this.#state = { ...this.#state, state, lastError: outcome.reason };
  }

  #atWork(): Pick<EndpointState, "state" | "lastError"> {
    return { state: this.#bisecting === null ? "sending" : "bisecting", lastError: this.#bisecting };
  }

  #announce(outcome: Refusal, waitMs: number): void {
    const passing = outcome.kind === "retry";
    const facts = { outcome: outcome.kind, reason: outcome.reason, wait_ms: waitMs, failures: this.#failures };
    const announcement = passing ? "retry" : outcome.reason;
    if (announcement === this.#announced) this.#log.debug(facts, "request still not accepted");
    else if (passing) this.#log.warn(facts, "request not accepted, retrying");
    else this.#log.error(facts, "request not accepted, holding it until an operator acts");
    this.#announced = announcement;
  }

  #clear(): void {
    this.#failures = 0;
    this.#announced = null;
    this.#state = { ...this.#state, state: "idle", lastError: null };
  }
}
