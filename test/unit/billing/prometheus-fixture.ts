// Series of acct_interval_bytes as the API answers them, and a source that asks a URL.

import { PrometheusSource, type PrometheusSourceOptions } from "../../../src/billing/prometheus-source.ts";
import type { MatrixSeries } from "../../support/query-api.ts";
import { endpointOf } from "../ship/ship-fixture.ts";

export const INTERVAL_MS = 300_000;
export const START_MS = Date.UTC(2026, 9, 1);

/** An hour of October 2026, of the customer `acme`. */
export const HOUR = {
  selector: { customer: "acme" },
  timeZone: "UTC",
  period: "202610",
  startMs: START_MS,
  endMs: START_MS + 12 * INTERVAL_MS,
} as const;

export function sourceOf(url: string, changes: Partial<PrometheusSourceOptions> = {}): PrometheusSource {
  const options = { connection: endpointOf(url), externalLabels: {}, windowMs: 60_000, ...changes };
  return new PrometheusSource(options, { clock: { now: () => Date.now() }, version: "0.1.0" });
}

/** The seconds of the sample of an interval of the hour. */
export function secondsOf(interval: number): number {
  return (START_MS + (interval + 1) * INTERVAL_MS - 1) / 1000;
}

/** A direction of acme-fra on eth0 of edge-01; `values` are of the hour's first intervals. */
export function directionOf(
  direction: string,
  values: readonly string[],
  labels: Readonly<Record<string, string>> = {},
): MatrixSeries {
  const shared = { __name__: "acct_interval_bytes", instance: "edge-01", interface: "eth0", network: "acme-fra" };
  const metric = { ...shared, customer: "acme", time_zone: "UTC", period: "202610", direction, ...labels };
  return { metric, values: values.map((value, index) => [secondsOf(index), value] as const) };
}
