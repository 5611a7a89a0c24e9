// Pushes to one endpoint, each of them measured.

import type { Clock } from "../model/time.ts";
import type { ClockGuard } from "./clock-guard.ts";
import type { Exchange } from "./remote-write-client.ts";
import type { ShipMetrics } from "./ship-metrics.ts";

/** Sends one request; never rejects, and ends soon after `stop` aborts. */
export interface Client {
  send(body: Uint8Array, attempt: number, stop: AbortSignal): Promise<Exchange>;
}

export interface PusherDependencies {
  readonly client: Client;
  readonly metrics: ShipMetrics;
  readonly clock: Clock;
  readonly clockGuard: ClockGuard;
}

export interface Push {
  readonly body: Uint8Array;
  readonly samples: number;
  /** 0 for the first time, then 1, 2, ... */
  readonly attempt: number;
}

export class Pusher {
  readonly #endpoint: string;
  readonly #dependencies: PusherDependencies;

  constructor(endpoint: string, dependencies: PusherDependencies) {
    this.#endpoint = endpoint;
    this.#dependencies = dependencies;
  }

  /** Never rejects; ends soon after `stop` aborts. */
  async push({ body, samples, attempt }: Push, stop: AbortSignal): Promise<Exchange> {
    const { client, metrics, clock } = this.#dependencies;
    const endpoint = this.#endpoint;
    const ended = metrics.requestDuration.startTimer({ endpoint });
    const exchange = await client.send(body, attempt, stop);
    ended();
    metrics.requests.inc({ endpoint, code: exchange.status ?? "none" });
    metrics.sentBytes.inc({ endpoint }, body.length);
    if (attempt > 0) {
      metrics.retries.inc({ endpoint });
      metrics.samplesRetried.inc({ endpoint }, samples);
    }
    if (exchange.outcome.kind === "accepted") metrics.lastSuccess.set({ endpoint }, clock.now() / 1000);
    if (exchange.skewMs !== null) this.#observeClock(exchange.skewMs);
    return exchange;
  }

  #observeClock(skewMs: number): void {
    this.#dependencies.metrics.clockSkew.set({ endpoint: this.#endpoint }, skewMs / 1000);
    this.#dependencies.clockGuard.observe(skewMs);
  }
}
