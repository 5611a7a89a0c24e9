// A configuration that renames, removes or adds what series are made of.

import { describe, expect, it } from "vitest";

import type { LedgerOptions } from "../../../src/ledger/ledger-options.ts";
import { networkOf, takeSamples } from "../../support/ledger-options.ts";
import { type Accounting, accounting, at, bytesIn, closeLive, valuesOf } from "./accounting.ts";

const A = "192.0.2.1";
const row = (bytes: number) => ({ ip: A, bytesIn: bytes });

/** Both ways to a changed configuration: a reload of the running ledger, and a restart. */
const WAYS = ["reload", "restart"] as const;

function changed(account: Accounting, way: (typeof WAYS)[number], changes: Partial<LedgerOptions>) {
  if (way === "restart") return account.open(changes);
  const ledger = account.open();
  ledger.configure({ ...account.options(), ...changes });
  return ledger;
}

describe.each(WAYS)("after a %s", (way) => {
  it.each([
    ["a label", { networks: [networkOf("acme", { labels: { site: "fra" } })] }, { site: "fra" }],
    ["the instance", { baseLabels: { instance: "edge-02", job: "acct-agent" } }, { instance: "edge-02" }],
  ])("that changes %s, new series begin with the old total and the old ones stop", async (_, changes, labels) => {
    await using account = await accounting();
    closeLive(account.open(), at(60, [row(100)]));
    const samples = closeLive(changed(account, way, changes), at(120, [row(1)]), at(180));
    expect(valuesOf(samples, "acct_bytes_total", { ip: A, direction: "in" })).toHaveLength(3);
    const [baseline, ...grown] = bytesIn(samples, A, labels);
    expect(baseline?.[1]).toBe(100);
    expect(grown).toEqual([
      [180, 101],
      [240, 101],
    ]);
  });

  it("that changes nothing, nothing begins anew", async () => {
    await using account = await accounting();
    const labels = { b: "2", a: "1" };
    closeLive(account.open({ networks: [networkOf("acme", { labels })] }), at(60, [row(100)]));
    const reordered = { networks: [networkOf("acme", { labels: { a: "1", b: "2" } })] };
    expect(bytesIn(closeLive(changed(account, way, reordered), at(120, [row(1)])), A)).toEqual([[180, 101]]);
  });

  it("that removes a network, its series stop, and a returning one continues its total", async () => {
    await using account = await accounting();
    closeLive(account.open(), at(60, [row(100)]));
    const other = { networks: [networkOf("globex")] };
    const without = closeLive(changed(account, way, other), at(120, [], { networks: ["globex"] }));
    expect(bytesIn(without, A)).toEqual([]);
    const samples = closeLive(changed(account, "restart", { networks: [networkOf("acme")] }), at(180, [row(1)]));
    expect(bytesIn(samples, A)).toEqual([
      [180, 100],
      [240, 101],
    ]);
  });

  it("that adds an endpoint, it gets what is retained and each series' total before it grows", async () => {
    await using account = await accounting();
    const ledger = account.open();
    closeLive(ledger, at(60, [row(100)]));
    ledger.close(at(120, [row(10)]), { live: true });
    const reopened = changed(account, way, { endpoints: ["central", "second"] });
    reopened.close(at(180, [row(1)]), { live: true });
    const [first, second] = ["central", "second"].map((name) => bytesIn(takeSamples(reopened, name), A));
    expect(second).toEqual(first);
    expect(second?.map(([, value]) => value)).toEqual([110, 110, 111]);
    expect(second?.[0]?.[0]).toBe(180);
  });

  it("and late usage, no series ever has two values at one time", async () => {
    await using account = await accounting();
    const ledger = account.open();
    const before = closeLive(ledger, at(240, [row(100)]));
    ledger.close(at(180, [row(10)]), { live: false });
    const reopened = changed(account, way, { endpoints: ["central", "second"] });
    const samples = [...before, ...closeLive(reopened, at(300, [row(1)]))];
    const stamps = bytesIn(samples, A).map(([time]) => time);
    expect(new Set(stamps).size).toBe(stamps.length);
    expect(bytesIn(samples, A).at(-1)).toEqual([360, 111]);
  });

  it("that turns a label and turns it back, the first series goes on without a second value at any time", async () => {
    await using account = await accounting();
    const before = closeLive(account.open(), at(240, [row(100)]));
    const ledger = changed(account, way, { networks: [networkOf("acme", { labels: { site: "fra" } })] });
    ledger.close(at(180, [row(10)]), { live: false });
    const between = takeSamples(ledger);
    const last = closeLive(account.open({ networks: [networkOf("acme")] }), at(300, [row(1)]));
    const samples = [...before, ...between, ...last];
    const series = samples.filter(({ name, labels }) => name === "acct_bytes_total" && !("site" in labels));
    const times = bytesIn(series, A).map(([time]) => time);
    expect(new Set(times).size).toBe(times.length);
  });
});

describe("a replay beside the agent", () => {
  it("ends neither networks nor endpoints that its own configuration lacks", async () => {
    await using account = await accounting();
    closeLive(account.open(), at(60, [row(100)]));
    const replay = { owner: false, networks: [networkOf("globex")], endpoints: [] };
    account.open(replay).close(at(60, [], { interface: "replay", networks: ["globex"] }), { live: false });
    const ledger = account.open({ owner: true, networks: [networkOf("acme")], endpoints: ["central"] });
    expect(bytesIn(closeLive(ledger, at(120)), A)).toEqual([[180, 100]]);
  });
});
