// Ready-made requests, endpoint options and a running shipper for tests of the stage.

import type { EndpointOptions } from "../../../src/ship/endpoint-options.ts";
import type { OutboxRequest } from "../../../src/ship/outbox.ts";
import { Shipper } from "../../../src/ship/shipper.ts";
import { WriteRequestBuilder } from "../../../src/ship/write-request.ts";
import { createMetrics } from "../../../src/telemetry/metrics.ts";
import type { Receiver } from "../../support/receiver.ts";
import { memoryLog } from "./memory-log.ts";
import { MemoryOutbox } from "./memory-outbox.ts";

const HOUR_AGO_MS = Math.floor(Date.now() / 60_000) * 60_000 - 3_600_000;

/** Request `id` holds one sample of `acct_bytes_total{id}` with value `id`; its window ended an hour ago. */
export function requestOf(id: number): OutboxRequest {
  return requestWith(id, [String(id)]);
}

/** Request `id` holds a sample of `acct_bytes_total{id="NAME"}` for each name, with value `id`, of one time stamp. */
export function requestWith(id: number, names: readonly string[], timeMs = HOUR_AGO_MS - 1): OutboxRequest {
  const bodies: Uint8Array[] = [];
  const emit = ({ body }: { body: Uint8Array }): number => bodies.push(body);
  const builder = new WriteRequestBuilder({ maxSamples: Number.MAX_SAFE_INTEGER, baseLabels: {}, emit });
  const template = builder.template("acct_bytes_total", {}, "id");
  for (const name of names) builder.add(template, id, timeMs, name);
  builder.flush();
  const [body = new Uint8Array()] = bodies;
  return { id, windowEndMs: timeMs + 1, kind: "counter", samples: names.length, body };
}

/** The series of a sample of `requestWith`. */
export function seriesOf(name: string): string {
  return `acct_bytes_total{id="${name}"}`;
}

/** An endpoint that looks each second. */
export function endpointOf(url: string, changes: Partial<EndpointOptions> = {}): EndpointOptions {
  return {
    name: "central",
    url,
    schedule: "* * * * * *",
    timeoutMs: 10_000,
    headers: {},
    auth: { kind: "none" },
    tls: { insecureSkipVerify: false },
    proxy: { kind: "none" },
    protobufMessage: "prometheus.WriteRequest",
    catchUp: "sequential",
    ...changes,
  };
}

/** A shipper that runs over an outbox in memory; disposing it ends it and checks that run() resolved. */
export function startShipper(endpoints: readonly EndpointOptions[], ...requests: readonly OutboxRequest[]) {
  const outbox = new MemoryOutbox();
  outbox.append(...requests);
  const { log, lines, headlines } = memoryLog();
  const metrics = createMetrics();
  const shipper = new Shipper(endpoints, { outbox, log, metrics, clock: { now: () => Date.now() }, version: "0.1.0" });
  const controller = new AbortController();
  const ended = shipper.run(controller.signal);
  const stop = (): Promise<void> => {
    controller.abort();
    return ended;
  };
  return { shipper, outbox, lines, headlines, metrics, stop, [Symbol.asyncDispose]: stop };
}

/** The ids of the requests that arrived, in order. */
export function arrived(receiver: Receiver): number[] {
  return receiver.requests.map((request) => request.series[0]?.samples[0]?.value ?? -1);
}

/** A promise that the test resolves. */
export function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}
