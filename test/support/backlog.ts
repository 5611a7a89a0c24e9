// A backlog as an outage leaves it: for each window two requests of counters and one of the agent's own metrics, in
// which each series has one sample.

import type { OutboxRequest } from "../../src/ship/outbox.ts";
import { WriteRequestBuilder } from "../../src/ship/write-request.ts";
import { decodeBody, seriesKey } from "./receiver.ts";

const WINDOW_MS = 60_000;
const ADDRESSES = 20;

interface Backlog {
  readonly requests: readonly OutboxRequest[];
  /** Series -> time in ms -> value, as `Receiver.samples` has them. */
  readonly samples: ReadonlyMap<string, ReadonlyMap<number, number>>;
  readonly firstEndMs: number;
  readonly lastEndMs: number;
}

/** Of `windows` windows, the first of which ends at `firstEndMs`; default: so that the last has just ended. */
export function backlogOf(windows: number, firstEndMs = currentWindowMs() - (windows - 1) * WINDOW_MS): Backlog {
  const requests: OutboxRequest[] = [];
  let scope: Pick<OutboxRequest, "windowEndMs" | "kind"> = { windowEndMs: firstEndMs, kind: "counter" };
  const emit = ({ body, samples }: Pick<OutboxRequest, "body" | "samples">): number =>
    requests.push({ id: requests.length + 1, ...scope, samples, body: Buffer.from(body) });
  const builder = new WriteRequestBuilder({ maxSamples: ADDRESSES, baseLabels: { instance: "edge" }, emit });
  const counter = builder.template("acct_bytes_total", { network: "acme" }, "ip");
  const own = ["acct_ship_sent_bytes_total", "acct_ship_retries_total"].map((name) => builder.template(name, {}));
  for (let window = 0; window < windows; window++) {
    const windowEndMs = firstEndMs + window * WINDOW_MS;
    scope = { windowEndMs, kind: "counter" };
    for (let address = 0; address < 2 * ADDRESSES; address++) {
      builder.add(counter, 2 ** 53 - 1 - address * 1_000 + window, windowEndMs - 1, `192.0.2.${address}`);
    }
    scope = { windowEndMs, kind: "self" };
    for (const series of own) builder.add(series, window, windowEndMs - 1);
    builder.flush();
  }
  return { requests, samples: samplesOf(requests), firstEndMs, lastEndMs: scope.windowEndMs };
}

function currentWindowMs(): number {
  return Math.floor(Date.now() / WINDOW_MS) * WINDOW_MS;
}

function samplesOf(requests: readonly OutboxRequest[]): Map<string, Map<number, number>> {
  const samples = new Map<string, Map<number, number>>();
  for (const one of requests.flatMap(({ body }) => decodeBody(body))) {
    const known = samples.get(seriesKey(one)) ?? new Map<number, number>();
    for (const { timestamp, value } of one.samples) known.set(timestamp, value);
    samples.set(seriesKey(one), known);
  }
  return samples;
}
