// The capture stage's metrics.

import { expect, it } from "vitest";
import { CaptureMetrics } from "../../../src/capture/capture-metrics.ts";
import { createMetrics, selfSamples } from "../../../src/telemetry/metrics.ts";

it("has every counter of an interface at 0 before anything happens, so that its first increase shows", async () => {
  const metrics = createMetrics();
  new CaptureMetrics(metrics).begin("eth0");
  const families = await metrics.getMetricsAsJSON();
  const samples = await selfSamples(metrics);
  for (const { name } of families.filter((family) => family.name.endsWith("_total")))
    expect(samples).toContainEqual({ name, labels: { interface: "eth0" }, value: 0 });
  expect(samples).toContainEqual({ name: "acct_capture_up", labels: { interface: "eth0" }, value: 0 });
});
