// Whose figures a network has that changed hands within the month.

import { expect, it } from "vitest";
import type { UsageSelection, UsageSource } from "../../../src/billing/interval-series.ts";
import { monthFigures } from "../../../src/status/month-figures.ts";
import { usageSettings } from "../../support/usage-settings.ts";

const START_MS = Date.UTC(2026, 10, 1);
const NOW_MS = START_MS + 3 * 300_000;

/** A network that was alpha's in the first interval and is beta's since. */
function source(): UsageSource & Disposable {
  const parts: Readonly<Record<string, readonly [number, number]>> = { alpha: [0, 100], beta: [1, 7] };
  const usage = ({ selector }: UsageSelection) => {
    const found = Object.keys(parts).filter((customer) => (selector["customer"] ?? customer) === customer);
    const rows = found.map((customer) => parts[customer] ?? [0, 0]);
    const series = {
      instance: "edge-01",
      interface: "eth0",
      network: "web",
      startsMs: Float64Array.from(rows, ([index]) => START_MS + index * 300_000),
      bytesIn: Float64Array.from(rows, ([, bytes]) => bytes),
      bytesOut: new Float64Array(rows.length),
    };
    return Promise.resolve({ series: [series], completeness: 1 });
  };
  const known = ["alpha", "beta"].map((customer) => ({ name: "web", labels: { customer } }));
  return { usage, networks: () => Promise.resolve(known), [Symbol.dispose]: () => undefined };
}

it.each([
  ["alpha", 100],
  ["beta", 7],
])("are those by the contract of who has it now: %s", async (customer, bytes) => {
  const { bills, networks } = await monthFigures({
    settings: usageSettings(""),
    networks: [{ name: "web", labels: { customer } }],
    nowMs: NOW_MS,
    open: source,
    pause: () => Promise.resolve(),
  });
  expect(bills.map((bill) => [bill.customer, bill.bytes_in])).toEqual([
    ["alpha", 100],
    ["beta", 7],
  ]);
  expect(networks.get("web")?.month.bytes_in).toBe(bytes);
});
