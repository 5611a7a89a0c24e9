// A database that takes a backlog: how many samples it has counted, and a current sample before any old one, without
// which Prometheus takes old ones as if they were new.

import { type MetricsServer, startPrometheus } from "../../test/support/prometheus.ts";
import { startVictoriaMetrics } from "../../test/support/victoria-metrics.ts";
import type { ReceiverName } from "./backfill-result.ts";
import { builtUrl } from "./built.ts";

const { WriteRequestBuilder }: typeof import("../../src/ship/write-request.ts") = await import(
  builtUrl("ship/write-request.js")
);

/** That of Prometheus has those out of order in it, which another counter tells once more. */
const COUNTERS: Readonly<Record<ReceiverName, RegExp>> = {
  Prometheus: /^prometheus_tsdb_head_samples_appended_total(?:{.*})? (\S+)$/gm,
  VictoriaMetrics: /^vm_rows_inserted_total{type="promremotewrite"} (\S+)$/gm,
};

export class DrainReceiver implements AsyncDisposable {
  readonly #name: ReceiverName;
  readonly #server: MetricsServer;

  private constructor(name: ReceiverName, server: MetricsServer) {
    this.#name = name;
    this.#server = server;
  }

  static async start(name: ReceiverName): Promise<DrainReceiver> {
    const server = await (name === "Prometheus" ? startPrometheus({ outOfOrder: true }) : startVictoriaMetrics());
    const receiver = new DrainReceiver(name, server);
    try {
      await seed(server);
    } catch (error) {
      await receiver[Symbol.asyncDispose]();
      throw error;
    }
    return receiver;
  }

  get writeUrl(): string {
    return this.#server.writeUrl;
  }

  get pid(): number {
    return this.#server.pid ?? Number.NaN;
  }

  /** Samples that were written since the start. */
  async samples(): Promise<number> {
    const text = await (await fetch(`${this.#server.url}/metrics`)).text();
    return [...text.matchAll(COUNTERS[this.#name])].reduce((sum, [, value]) => sum + Number(value), 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }
}

async function seed({ writeUrl }: MetricsServer): Promise<void> {
  const bodies: Uint8Array[] = [];
  const emit = ({ body }: { readonly body: Uint8Array }): number => bodies.push(body);
  const builder = new WriteRequestBuilder({ maxSamples: 1, baseLabels: { instance: "seed" }, emit });
  builder.add(builder.template("bench_seed", {}), 1, Date.now());
  for (const body of bodies) await post(writeUrl, body);
}

/** Pushes a remote-write 1.0 request as it is; rejects where it is not accepted. */
export async function post(url: string, body: Uint8Array): Promise<void> {
  const headers = {
    "content-encoding": "snappy",
    "content-type": "application/x-protobuf",
    "x-prometheus-remote-write-version": "0.1.0",
  };
  const response = await fetch(url, { method: "POST", body: new Uint8Array(body), headers });
  if (!response.ok) throw new Error(`${url}: HTTP ${response.status} ${await response.text()}`);
}
