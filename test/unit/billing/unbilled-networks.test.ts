import { describe, expect, it } from "vitest";

import { unbilledNetworks } from "../../../src/billing/unbilled-networks.ts";
import { contractOf } from "./billing-fixture.ts";

const NOW_MS = Date.UTC(2026, 10, 5);
const FRA = { name: "acme-fra", labels: { customer: "acme", site: "fra" } };
const AMS = { name: "acme-ams", labels: { customer: "acme", site: "ams" } };
const MONTH = { month: "2026-10", nowMs: NOW_MS, externalLabels: {} };

function acme(changes: Parameters<typeof contractOf>[0] = {}) {
  return contractOf({ customer: "acme", selector: { customer: "acme" }, ...changes });
}

describe("networks on no bill", () => {
  it("are those that lack a label of every contract of their customer", () => {
    const ofFrankfurt = acme({ selector: { customer: "acme", site: "fra" } });
    expect(unbilledNetworks([ofFrankfurt], [FRA, AMS], MONTH)).toEqual([AMS]);
    expect(unbilledNetworks([ofFrankfurt, acme({ name: "rest" })], [FRA, AMS], MONTH)).toEqual([]);
  });

  it("are those whose contracts all end before the month or begin after it", () => {
    expect(unbilledNetworks([acme({ ends: "2026-09-30" })], [FRA], MONTH)).toEqual([FRA]);
    expect(unbilledNetworks([acme({ ends: "2026-10-01" })], [FRA], MONTH)).toEqual([]);
    expect(unbilledNetworks([acme({ starts: "2026-11-06" })], [FRA], { ...MONTH, month: null })).toEqual([FRA]);
  });

  it("are not those that a contract selects by a label of the agent, of the configuration or by their name", () => {
    const byInstance = acme({ selector: { customer: "acme", instance: "edge-01" } });
    const byExternal = acme({ selector: { customer: "acme", region: "eu" } });
    const byName = contractOf({ customer: "acme-fra", selector: { network: "acme-fra" } });
    expect(unbilledNetworks([byInstance], [FRA], MONTH)).toEqual([]);
    expect(unbilledNetworks([byExternal], [FRA], { ...MONTH, externalLabels: { region: "eu" } })).toEqual([]);
    expect(unbilledNetworks([byExternal], [FRA], MONTH)).toEqual([FRA]);
    expect(unbilledNetworks([byName], [FRA], MONTH)).toEqual([]);
  });
});
