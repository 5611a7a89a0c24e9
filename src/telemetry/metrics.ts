// The agent's own metrics: one prom-client registry that is both scraped (/metrics) and pushed.

import { Registry } from "prom-client";
import type { Labels } from "../model/network.ts";

export type Metrics = Registry;

export interface SelfSample {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
}

export function createMetrics(): Metrics {
  return new Registry();
}

/** Every current value of the registry, flat, as it is pushed. */
export async function selfSamples(metrics: Metrics): Promise<SelfSample[]> {
  const families = await metrics.getMetricsAsJSON();
  return families.flatMap((family) =>
    family.values.map((value) => ({
      name: "metricName" in value && typeof value.metricName === "string" ? value.metricName : family.name,
      labels: Object.fromEntries(Object.entries(value.labels).map(([key, label]) => [key, String(label)])),
      value: value.value,
    })),
  );
}
