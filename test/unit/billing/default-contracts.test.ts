import { describe, expect, it } from "vitest";

import { contractFromJson } from "../../../src/billing/contract-from-json.ts";
import { contractJson } from "../../../src/billing/contract-json.ts";
import { withDefaultContracts } from "../../../src/billing/default-contracts.ts";
import { unbilledNetworks } from "../../../src/billing/unbilled-networks.ts";
import { load } from "../config/load.ts";
import { contractOf } from "./billing-fixture.ts";

const NOW_MS = Date.UTC(2026, 10, 5);
const NETWORKS = [
  { name: "z-net", labels: { customer: "zeta" } },
  { name: "a-net", labels: { customer: "acmecorp" } },
  { name: "z-net-2", labels: { customer: "zeta", site: "fra" } },
  { name: "lab", labels: { site: "fra" } },
];

describe("contracts by the defaults", () => {
  it("are added for each customer without one, by name, after those that there are", () => {
    const own = contractOf({ timeZone: "Europe/Berlin" });
    const contracts = withDefaultContracts([own], NETWORKS, "ip");
    expect(contracts[0]).toBe(own);
    expect(contracts.slice(1).map(({ customer, selector }) => [customer, selector])).toEqual([
      ["lab", { network: "lab" }],
      ["zeta", { customer: "zeta" }],
    ]);
  });

  it("have the defaults of the configuration, and the layer that is counted", () => {
    const [contract] = withDefaultContracts([], [{ name: "n", labels: { customer: "c" } }], "wire");
    expect(contract).toEqual(load('account.byte_layer = "wire"\n[[contract]]\ncustomer = "c"').contracts[0]);
  });

  it("tell a customer from a network of the same name", () => {
    const networks = [
      { name: "n", labels: { customer: "lab" } },
      { name: "lab", labels: {} },
    ];
    expect(withDefaultContracts([], networks, "ip")).toHaveLength(2);
    expect(withDefaultContracts([contractOf({ customer: "lab" })], networks, "ip")[1]?.selector).toEqual({
      network: "lab",
    });
  });

  it("are of a network alone for as long as it has no customer", () => {
    const networks = [
      { name: "lab", labels: {} },
      { name: "lab", labels: { customer: "zeta" } },
      { name: "lab", labels: { customer: "acmecorp" } },
    ];
    const contracts = withDefaultContracts([contractOf()], networks, "ip");
    expect(contracts.slice(1).map(({ customer, selector }) => [customer, selector])).toEqual([
      ["lab", { network: "lab", customer: "" }],
      ["zeta", { customer: "zeta" }],
    ]);
    expect(unbilledNetworks(contracts, networks, { month: "2026-10", nowMs: NOW_MS, externalLabels: {} })).toEqual([]);
    const [, lab] = contracts;
    expect(lab && contractFromJson(contractJson(lab))).toEqual({ ok: true, value: lab });
  });
});
