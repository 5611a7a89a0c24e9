// Months of billing intervals of many networks for a receiver, in the order of time and with bounded memory.

import { Calendar, intervalsBetween } from "../../src/model/calendar.ts";
import { sampleTime } from "../../src/model/time.ts";
import { type SeriesTemplate, WriteRequestBuilder } from "../../src/ship/write-request.ts";

const INTERVAL_MS = 300_000;
const DAY_MS = 86_400_000;

export interface Fill {
  /** Multiple of the billing interval. */
  readonly endMs: number;
  /** `net-0` of `customer-0` and so on, on one interface of one agent. */
  readonly networks: number;
  readonly days: number;
  /** The first networks go further back. */
  readonly longer: { readonly networks: number; readonly days: number };
}

/** Returns the samples that were written. Throws where a request is not accepted. */
export async function fillIntervals(writeUrl: string, fill: Fill): Promise<number> {
  const bodies: Uint8Array[] = [];
  const emit = ({ body }: { body: Uint8Array }): number => bodies.push(body);
  const baseLabels = { instance: "edge-01", job: "acct-agent" };
  const builder = new WriteRequestBuilder({ maxSamples: 10_000, baseLabels, emit });
  const write = monthWriter(builder);
  let samples = 0;
  for (let startMs = fill.endMs - fill.longer.days * DAY_MS; startMs < fill.endMs; startMs += INTERVAL_MS) {
    const isLong = startMs >= fill.endMs - fill.days * DAY_MS;
    samples += write(startMs, isLong ? fill.networks : fill.longer.networks);
    while (bodies.length > 0) await post(writeUrl, bodies.shift());
  }
  builder.flush();
  while (bodies.length > 0) await post(writeUrl, bodies.shift());
  return samples;
}

/** Writes an interval of the first networks and its calendar; returns the number of samples. */
function monthWriter(builder: WriteRequestBuilder): (startMs: number, networks: number) => number {
  const calendar = new Calendar("UTC");
  const templates = new Map<string, SeriesTemplate>();
  const templateOf = (name: string, labels: Readonly<Record<string, string>>): SeriesTemplate => {
    const key = JSON.stringify(labels);
    const template = templates.get(key) ?? builder.template(name, labels);
    templates.set(key, template);
    return template;
  };
  return (startMs, networks) => {
    const current = calendar.monthAt(startMs);
    const previous = calendar.monthBefore(current);
    const timeMs = sampleTime(startMs + INTERVAL_MS);
    for (const [which, { period }, value] of [
      ["current", current, intervalsBetween(current.startMs, startMs + INTERVAL_MS)],
      ["previous", previous, intervalsBetween(previous.startMs, previous.endMs)],
    ] as const)
      builder.add(templateOf("acct_period_intervals", { time_zone: "UTC", period, which }), value, timeMs);
    const { period } = current;
    for (let index = 0; index < networks; index += 1) {
      for (const direction of ["in", "out"]) {
        const network = { network: `net-${index}`, customer: `customer-${index}`, interface: "eth0", direction };
        const series = templateOf("acct_interval_bytes", { ...network, time_zone: "UTC", period });
        builder.add(series, Math.floor(Math.random() * 4e9), timeMs);
      }
    }
    return 2 + 2 * networks;
  };
}

async function post(url: string, body: Uint8Array | undefined): Promise<void> {
  if (body === undefined) return;
  const headers = {
    "content-encoding": "snappy",
    "content-type": "application/x-protobuf",
    "x-prometheus-remote-write-version": "0.1.0",
  };
  const response = await fetch(url, { method: "POST", body, headers });
  if (!response.ok) throw new Error(`${url}: HTTP ${response.status} ${await response.text()}`);
}
