// The stage's root: one independent loop for each endpoint over one outbox. Endpoints never wait for each other.

import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../model/time.ts";
import type { Log } from "../telemetry/log.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { Endpoint } from "./endpoint.ts";
import type { EndpointOptions } from "./endpoint-options.ts";
import type { EndpointState } from "./endpoint-status.ts";
import { MessageReport } from "./message-report.ts";
import type { Outbox } from "./outbox.ts";
import { RemoteWriteClient } from "./remote-write-client.ts";
import { ShipMetrics } from "./ship-metrics.ts";

export interface ShipperDependencies {
  readonly outbox: Outbox;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly clock: Clock;
  /** The agent's version, for User-Agent. */
  readonly version: string;
}

interface Running {
  readonly options: EndpointOptions;
  readonly endpoint: Endpoint;
  readonly client: RemoteWriteClient;
  readonly stop: AbortController;
}

export class Shipper implements AsyncDisposable {
  readonly #dependencies: ShipperDependencies;
  readonly #metrics: ShipMetrics;
  readonly #messages: MessageReport;
  readonly #running = new Map<string, Running>();
  /** By name, the end of the latest loop: its successor must not start before, since both own the same cursor. */
  readonly #ends = new Map<string, Promise<void>>();
  #options: readonly EndpointOptions[];
  #started = false;
  #stop: () => void = () => {};
  #fail: (error: unknown) => void = () => {};

  /** Registers the stage's metrics; nothing is sent before `run`. */
  constructor(endpoints: readonly EndpointOptions[], dependencies: ShipperDependencies) {
    this.#options = endpoints;
    this.#dependencies = dependencies;
    this.#metrics = new ShipMetrics(dependencies.metrics);
    this.#messages = new MessageReport(dependencies.metrics);
  }

  /** Runs until `signal` aborts; resolves at the latest 5 s later, rejects when a loop is broken. Call it once. */
  async run(signal: AbortSignal): Promise<void> {
    this.#started = true;
    const stopped = new Promise<void>((resolve, reject) => {
      this.#stop = resolve;
      this.#fail = reject;
    });
    const stop = this.#stop;
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
    else this.reconfigure(this.#options);
    try {
      await stopped;
    } finally {
      signal.removeEventListener("abort", stop);
      await this[Symbol.asyncDispose]();
    }
  }

  /** Keeps unchanged endpoints going, ends removed ones, starts added ones; a changed one starts when its old loop has ended. */
  reconfigure(endpoints: readonly EndpointOptions[]): void {
    this.#options = endpoints;
    if (!this.#started) return;
    for (const [name, running] of this.#running) {
      const options = endpoints.find((candidate) => candidate.name === name);
      if (isDeepStrictEqual(options, running.options)) {
        running.client.reset();
        running.endpoint.reset();
      } else this.#end(name, running);
    }
    for (const options of endpoints) if (!this.#running.has(options.name)) this.#begin(options);
  }

  /** In the order of the configuration. */
  state(): readonly EndpointState[] {
    return this.#options.map(
      ({ name }) =>
        this.#running.get(name)?.endpoint.state ?? { name, state: "idle", lastError: null, lastSuccessMs: null },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#started = false;
    this.#stop();
    for (const [name, running] of this.#running) this.#end(name, running);
    await Promise.all(this.#ends.values());
  }

  #begin(options: EndpointOptions): void {
    const { outbox, log, clock, version } = this.#dependencies;
    const events = this.#messages.of(options.name, log.child({ endpoint: options.name }));
    const client = new RemoteWriteClient(options, { clock, version, events });
    const dependencies = { outbox, client, log, clock, metrics: this.#metrics, random: Math.random };
    const endpoint = new Endpoint(options, dependencies);
    const stop = new AbortController();
    this.#running.set(options.name, { options, endpoint, client, stop });
    const before = this.#ends.get(options.name) ?? Promise.resolve();
    const end = before
      .then(() => runAndClose(endpoint, client, stop.signal))
      .catch((error: unknown) => this.#fail(error))
      .finally(() => this.#forgetRemoved(options.name));
    this.#ends.set(options.name, end);
  }

  #forgetRemoved(name: string): void {
    if (!this.#options.some((options) => options.name === name)) this.#metrics.forget(name);
  }

  #end(name: string, running: Running): void {
    this.#running.delete(name);
    running.stop.abort();
  }
}

async function runAndClose(endpoint: Endpoint, client: RemoteWriteClient, signal: AbortSignal): Promise<void> {
  try {
    await endpoint.run(signal);
  } finally {
    await client[Symbol.asyncDispose]();
  }
}
