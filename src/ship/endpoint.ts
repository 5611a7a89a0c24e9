// One endpoint: drains its part of the outbox on its schedule, in order, one request in flight. Only an accepted request
// moves the cursor; every other outcome keeps the request and sends the same bytes again later.

import type { Clock } from "../model/time.ts";
import type { Log } from "../telemetry/log.ts";
import { waitAfterMs } from "./backoff.ts";
import type { EndpointOptions } from "./endpoint-options.ts";
import { type EndpointState, EndpointStatus } from "./endpoint-status.ts";
import { nextRun } from "./next-run.ts";
import type { Outcome } from "./outcome.ts";
import type { Outbox, OutboxRequest } from "./outbox.ts";
import type { Exchange } from "./remote-write-client.ts";
import type { ShipMetrics } from "./ship-metrics.ts";
import { wait } from "./wait.ts";

/** Sends one request; never rejects, and ends soon after `stop` aborts. */
export interface Client {
  send(body: Uint8Array, attempt: number, stop: AbortSignal): Promise<Exchange>;
}

export interface EndpointDependencies {
  readonly outbox: Outbox;
  readonly client: Client;
  readonly log: Log;
  readonly metrics: ShipMetrics;
  readonly clock: Clock;
  /** In [0, 1), for the jitter of the back-off. */
  readonly random: () => number;
}

/** A sample further ahead than this would make a receiver refuse the right ones that follow. */
const MAX_AHEAD_MS = 60_000;

export class Endpoint {
  readonly #options: Pick<EndpointOptions, "name" | "schedule">;
  readonly #dependencies: EndpointDependencies;
  readonly #status: EndpointStatus;
  /** The request pushed last, and how often. */
  #pushed = { id: -1, times: 0 };

  constructor(options: Pick<EndpointOptions, "name" | "schedule">, dependencies: EndpointDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
    this.#status = new EndpointStatus(options.name, dependencies.log.child({ endpoint: options.name }));
  }

  get state(): EndpointState {
    return this.#status.state;
  }

  /** Resolves after `signal` aborts, when the request in flight has ended. */
  async run(signal: AbortSignal): Promise<void> {
    this.#dependencies.metrics.begin(this.#options.name);
    while (!signal.aborted) {
      await nextRun(this.#options.schedule, signal);
      await this.#drain(signal);
    }
  }

  async #drain(signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      const outcome = await this.#advance(signal);
      if (outcome === null) return this.#status.idle();
      if (outcome.kind === "accepted") failures = 0;
      else if (!signal.aborted) {
        failures += 1;
        const waitMs = waitAfterMs(outcome, failures, this.#dependencies.random());
        this.#status.refused(outcome, waitMs);
        await wait(waitMs, signal);
      }
    }
  }

  /** Pushes the oldest pending request once; null when there is none. */
  async #advance(signal: AbortSignal): Promise<Outcome | null> {
    const { name } = this.#options;
    const { outbox } = this.#dependencies;
    try {
      const request = await outbox.next(name);
      if (request === null) return null;
      const outcome = this.#aheadOfClock(request) ?? (await this.#push(request, signal));
      if (outcome.kind === "accepted") {
        await outbox.accepted(name, request.id);
        this.#accepted(request);
      }
      return outcome;
    } catch (error) {
      // A ledger that is full or locked now must not end the agent: the request is still pending, and a repeat is harmless.
      const reason = `outbox: ${error instanceof Error ? error.message : String(error)}`;
      return { kind: "retry", reason, retryAfterMs: null };
    }
  }

  #aheadOfClock(request: OutboxRequest): Outcome | null {
    if (request.windowEndMs <= this.#dependencies.clock.now() + MAX_AHEAD_MS) return null;
    const end = new Date(request.windowEndMs).toISOString();
    return { kind: "hold", reason: `a window that ends at ${end} is in the future: check this host's clock` };
  }

  async #push(request: OutboxRequest, signal: AbortSignal): Promise<Outcome> {
    const { client, metrics } = this.#dependencies;
    const endpoint = this.#options.name;
    const times = request.id === this.#pushed.id ? this.#pushed.times : 0;
    this.#pushed = { id: request.id, times: times + 1 };
    this.#status.sending();
    const ended = metrics.requestDuration.startTimer({ endpoint });
    const { status, outcome } = await client.send(request.body, times, signal);
    ended();
    metrics.requests.inc({ endpoint, code: status ?? "none" });
    metrics.sentBytes.inc({ endpoint }, request.body.length);
    if (times > 0) metrics.retries.inc({ endpoint });
    return outcome;
  }

  #accepted(request: OutboxRequest): void {
    const { clock, metrics } = this.#dependencies;
    const endpoint = this.#options.name;
    metrics.samplesAccepted.inc({ endpoint }, request.samples);
    metrics.lastSuccess.set({ endpoint }, clock.now() / 1000);
    this.#status.accepted(clock.now());
  }
}
