import { describe, expect, it } from "vitest";

import { ledgerRows, networkOf, type Sample, takeSamples } from "../../support/ledger-options.ts";
import { accounting, at, closeLive, EPOCH_MS, valuesOf } from "./accounting.ts";

const A = "192.0.2.1";
const B = "192.0.2.2";
const TWO = { networks: ["acme", "globex"] };
const TWO_NETWORKS = { networks: [networkOf("acme"), networkOf("globex")] };

const gauges = (samples: readonly Sample[], network: string, labels: Record<string, string> = {}) =>
  valuesOf(samples, "acct_interval_bytes", { network, direction: "in", ...labels });

describe("an interval's gauges", () => {
  it("carry the interval's bytes per network and direction, once, at its last millisecond", async () => {
    await using account = await accounting();
    const ledger = account.open({ networks: [networkOf("acme", { labels: { customer: "acmecorp" } })] });
    const row = { ip: A, bytesIn: 100, bytesOut: 7 };
    const windows = [0, 60, 120, 180, 240, 300].map((seconds) => at(seconds, [row]));
    const samples = closeLive(ledger, ...windows).filter(({ name }) => name === "acct_interval_bytes");
    const labels = {
      customer: "acmecorp",
      instance: "edge-01",
      interface: "eth0",
      job: "acct-agent",
      network: "acme",
      period: "202610",
      time_zone: "UTC",
    };
    const timeMs = EPOCH_MS + 299_999;
    expect(samples.map((sample) => ({ labels: sample.labels, timeMs: sample.timeMs, value: sample.value }))).toEqual([
      { labels: { ...labels, direction: "in" }, timeMs, value: 500 },
      { labels: { ...labels, direction: "out" }, timeMs, value: 35 },
    ]);
  });

  it("are zeros for a network that was observed and silent", async () => {
    await using account = await accounting();
    const ledger = account.open(TWO_NETWORKS);
    const samples = closeLive(ledger, at(240, [{ ip: A, bytesIn: 5 }], TWO));
    expect(gauges(samples, "acme")).toEqual([[300, 5]]);
    expect(gauges(samples, "globex")).toEqual([[300, 0]]);
    expect(valuesOf(samples, "acct_interval_bytes", { network: "globex", direction: "out" })).toEqual([[300, 0]]);
  });

  it("are absent for a time that was not observed", async () => {
    await using account = await accounting();
    const ledger = account.open();
    ledger.settle({ endedByMs: EPOCH_MS + 3_600_000 });
    expect(takeSamples(ledger)).toEqual([]);
    closeLive(ledger, at(240));
    const samples = closeLive(ledger, at(900), at(1140));
    ledger.settle({ endedByMs: EPOCH_MS + 7_200_000 });
    expect(gauges([...samples, ...takeSamples(ledger)], "acme")).toEqual([[1200, 0]]);
    expect(ledgerRows(account.stateDir, "SELECT count(*) AS n FROM interval_usage")).toEqual([{ n: 2n }]);
  });

  it("of an interface are not those of another", async () => {
    await using account = await accounting();
    const ledger = account.open();
    const samples = closeLive(
      ledger,
      at(240, [{ ip: A, bytesIn: 5 }]),
      at(240, [{ ip: A, bytesIn: 6 }], { interface: "eth1" }),
    );
    expect(gauges(samples, "acme", { interface: "eth0" })).toEqual([[300, 5]]);
    expect(gauges(samples, "acme", { interface: "eth1" })).toEqual([[300, 6]]);
  });

  it("come with settle where the interval's last window never does", async () => {
    await using account = await accounting();
    const ledger = account.open();
    closeLive(ledger, at(60, [{ ip: A, bytesIn: 5 }]));
    ledger.settle({ endedByMs: EPOCH_MS + 299_999 });
    expect(takeSamples(ledger)).toEqual([]);
    ledger.settle({ endedByMs: EPOCH_MS + 300_000 });
    expect(gauges(takeSamples(ledger), "acme")).toEqual([[300, 5]]);
    ledger.settle({ endedByMs: EPOCH_MS + 900_000 });
    expect(takeSamples(ledger)).toEqual([]);
  });

  it("come with settle for one interface alone where it is named", async () => {
    await using account = await accounting();
    const ledger = account.open();
    closeLive(ledger, at(60), at(60, [], { interface: "eth1" }));
    ledger.settle({ endedByMs: EPOCH_MS + 300_000, interface: "eth1" });
    const samples = takeSamples(ledger);
    expect([gauges(samples, "acme", { interface: "eth0" }), gauges(samples, "acme")]).toEqual([[], [[300, 0]]]);
  });

  it("are of the networks in force: a network that is new in an interval has its zeros on every interface", async () => {
    await using account = await accounting();
    const eth1 = { interface: "eth1" };
    const ledger = account.open();
    closeLive(ledger, at(0), at(0, [], eth1));
    account.open({ ...TWO_NETWORKS });
    const reopened = account.open();
    const samples = closeLive(reopened, at(60, [], TWO), at(60, [], { ...TWO, ...eth1 }));
    reopened.settle({ endedByMs: EPOCH_MS + 300_000 });
    const all = [...samples, ...takeSamples(reopened)];
    expect(gauges(all, "globex", { interface: "eth0" })).toEqual([[300, 0]]);
    expect(gauges(all, "globex", { interface: "eth1" })).toEqual([[300, 0]]);
  });

  it("have a new network's zeros also where its first commit is refused and tried again", async () => {
    await using account = await accounting();
    closeLive(account.open(), at(0));
    const ledger = account.open(TWO_NETWORKS);
    const broken = at(60, [{ ip: A, network: 2, bytesIn: 1 }], TWO);
    expect(() => ledger.close(broken, { live: true })).toThrow("names network 2");
    closeLive(ledger, at(60, [], TWO));
    ledger.settle({ endedByMs: EPOCH_MS + 300_000 });
    expect(gauges(takeSamples(ledger), "globex")).toEqual([[300, 0]]);
  });

  it("never hand a held network's bytes to another network", async () => {
    await using account = await accounting();
    const eth1 = { interface: "eth1" };
    closeLive(account.open(), at(0), at(0, [], eth1));
    const ledger = account.open(TWO_NETWORKS);
    closeLive(ledger, at(60, [], TWO));
    ledger.hold(at(60, [{ ip: A, network: 1, bytesIn: 70 }], { ...TWO, ...eth1 }));
    ledger.settle({ endedByMs: EPOCH_MS + 300_000 });
    const samples = takeSamples(ledger);
    expect(gauges(samples, "globex", eth1)).toEqual([[300, 70]]);
    expect(gauges(samples, "acme", eth1)).toEqual([[300, 0]]);
  });
});

describe("a contract's zone", () => {
  const acme = networkOf("acme", { labels: { customer: "acmecorp" } });

  it("names period and time_zone; two contracts in two zones are two series, no contract is UTC", async () => {
    await using account = await accounting();
    const contracts = [
      { customer: "acmecorp", timeZone: "Europe/Berlin" },
      { customer: "acmecorp", timeZone: "America/New_York" },
      { customer: "acmecorp", timeZone: "Europe/Berlin" },
      { customer: "initech", timeZone: "Asia/Tokyo" },
    ];
    const ledger = account.open({ networks: [acme, networkOf("globex")], contracts });
    // The last interval of October in Berlin is 22:55 UTC, an hour after which it is November there and not in UTC.
    const shiftMs = Date.parse("2026-10-31T23:00:00Z") - EPOCH_MS;
    const row = { ip: A, bytesIn: 5 };
    const samples = closeLive(ledger, at(shiftMs / 1_000 - 60, [row], TWO), at(shiftMs / 1_000 + 240, [row], TWO));
    const periods = samples
      .filter(({ name, labels }) => name === "acct_interval_bytes" && labels["direction"] === "in")
      .map(({ labels, value }) => [labels["network"], labels["time_zone"], labels["period"], value]);
    expect(periods).toEqual([
      ["acme", "Europe/Berlin", "202610", 5],
      ["acme", "America/New_York", "202610", 5],
      ["globex", "UTC", "202610", 0],
      ["acme", "Europe/Berlin", "202611", 5],
      ["acme", "America/New_York", "202610", 5],
      ["globex", "UTC", "202610", 0],
    ]);
  });

  it("has its calendar: the intervals of this month to date and of the whole previous month", async () => {
    await using account = await accounting();
    const ledger = account.open({ contracts: [{ customer: "acmecorp", timeZone: "Europe/Berlin" }] });
    const startMs = Date.parse("2026-10-31T22:59:00Z");
    const samples = closeLive(ledger, at((startMs - EPOCH_MS) / 1_000), at((startMs - EPOCH_MS) / 1_000 + 300));
    const calendar = samples
      .filter(({ name }) => name === "acct_period_intervals")
      .map(({ labels, timeMs, value }) => [
        new Date(timeMs).toISOString(),
        labels["time_zone"],
        labels["which"],
        labels["period"],
        value,
      ]);
    expect(calendar).toEqual([
      ["2026-10-31T22:59:59.999Z", "UTC", "current", "202610", 30 * 288 + 23 * 12],
      ["2026-10-31T22:59:59.999Z", "UTC", "previous", "202609", 30 * 288],
      ["2026-10-31T22:59:59.999Z", "Europe/Berlin", "current", "202610", 31 * 288 + 12],
      ["2026-10-31T22:59:59.999Z", "Europe/Berlin", "previous", "202609", 30 * 288],
      ["2026-10-31T23:04:59.999Z", "UTC", "current", "202610", 30 * 288 + 23 * 12 + 1],
      ["2026-10-31T23:04:59.999Z", "UTC", "previous", "202609", 30 * 288],
      ["2026-10-31T23:04:59.999Z", "Europe/Berlin", "current", "202611", 1],
      ["2026-10-31T23:04:59.999Z", "Europe/Berlin", "previous", "202610", 31 * 288 + 12],
    ]);
  });

  it("has its calendar once an interval however many interfaces there are, and not by replay", async () => {
    await using account = await accounting();
    const ledger = account.open();
    const samples = closeLive(ledger, at(240), at(240, [], { interface: "eth1" }));
    expect(valuesOf(samples, "acct_period_intervals", { which: "current" })).toHaveLength(1);
    ledger.close(at(540), { live: false });
    ledger.settle({ endedByMs: EPOCH_MS + 900_000 });
    expect(valuesOf(takeSamples(ledger), "acct_period_intervals")).toEqual([]);
  });
});

describe("a network that bills by address", () => {
  it("has a gauge for each address with traffic, next to the network's own", async () => {
    await using account = await accounting();
    const networks = [networkOf("acme", { billBy: "address", labels: { customer: "acmecorp" } }), networkOf("globex")];
    const ledger = account.open({ networks });
    const samples = closeLive(
      ledger,
      at(0, [{ ip: A, bytesIn: 5 }], TWO),
      at(180, [{ ip: "overflow", bytesIn: 3 }], TWO),
      at(
        240,
        [
          { ip: A, bytesIn: 6, bytesOut: 1 },
          { ip: B, bytesOut: 2 },
          { ip: "10.0.0.1", network: 1, bytesIn: 9 },
        ],
        TWO,
      ),
    );
    const ofAddress = (ip: string, direction: string) =>
      valuesOf(samples, "acct_address_interval_bytes", { ip, direction });
    expect(ofAddress(A, "in")).toEqual([[300, 11]]);
    expect(ofAddress(A, "out")).toEqual([[300, 1]]);
    expect(ofAddress(B, "in")).toEqual([[300, 0]]);
    expect(ofAddress(B, "out")).toEqual([[300, 2]]);
    expect(ofAddress("overflow", "in")).toEqual([[300, 3]]);
    expect(ofAddress("10.0.0.1", "in")).toEqual([]);
    expect(gauges(samples, "acme")).toEqual([[300, 14]]);
    expect(samples.find(({ name }) => name === "acct_address_interval_bytes")?.labels).toEqual({
      customer: "acmecorp",
      direction: "in",
      instance: "edge-01",
      interface: "eth0",
      ip: A,
      job: "acct-agent",
      network: "acme",
      period: "202610",
      time_zone: "UTC",
    });
  });

  it("has them in the configured layer", async () => {
    await using account = await accounting();
    const ledger = account.open({ networks: [networkOf("acme", { billBy: "address" })], byteLayer: "ethernet" });
    const samples = closeLive(ledger, at(240, [{ ip: A, bytesIn: 50, packetsIn: 2 }]));
    expect(valuesOf(samples, "acct_address_interval_bytes", { direction: "in" })).toEqual([[300, 86]]);
  });
});
