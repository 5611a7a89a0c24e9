import { describe, expect, it } from "vitest";

import { ledgerRows, networkOf, takeSamples } from "../../support/ledger-options.ts";
import { accounting, at, bytesIn, closeLive, stamp, valuesOf } from "./accounting.ts";

const A = "192.0.2.1";
const B = "192.0.2.2";

describe("a window's samples", () => {
  it("are the bytes and packets of each address per direction, stamped with the window's last millisecond", async () => {
    await using account = await accounting();
    const acme = networkOf("acme", { labels: { customer: "acmecorp" } });
    const ledger = account.open({ networks: [acme] });
    const row = { ip: A, bytesIn: 1500, packetsIn: 2, bytesOut: 40, packetsOut: 1 };
    const samples = closeLive(ledger, at(60, [row])).filter(({ timeMs }) => timeMs === stamp(120));
    const shared = {
      customer: "acmecorp",
      instance: "edge-01",
      interface: "eth0",
      ip: A,
      job: "acct-agent",
      network: "acme",
    };
    expect(samples.map(({ name, labels, value }) => ({ name, labels, value }))).toEqual([
      {
        name: "acct_window_completeness_ratio",
        labels: { instance: "edge-01", interface: "eth0", job: "acct-agent" },
        value: 1,
      },
      { name: "acct_bytes_total", labels: { ...shared, direction: "in" }, value: 1500 },
      { name: "acct_bytes_total", labels: { ...shared, direction: "out" }, value: 40 },
      { name: "acct_packets_total", labels: { ...shared, direction: "in" }, value: 2 },
      { name: "acct_packets_total", labels: { ...shared, direction: "out" }, value: 1 },
    ]);
  });

  it("show both directions of an address that only receives", async () => {
    await using account = await accounting();
    const samples = closeLive(account.open(), at(0, [{ ip: A, bytesIn: 100, packetsIn: 1 }]));
    expect(valuesOf(samples, "acct_bytes_total", { direction: "out" })).toEqual([
      [0, 0],
      [60, 0],
    ]);
    expect(valuesOf(samples, "acct_packets_total", { direction: "out" })).toEqual([
      [0, 0],
      [60, 0],
    ]);
  });

  it("name IPv6 addresses by RFC 5952 and what found no room overflow", async () => {
    await using account = await accounting();
    const samples = closeLive(
      account.open(),
      at(0, [
        { ip: "2001:db8:0:0:1:0:0:1", bytesIn: 1 },
        { ip: "overflow", bytesIn: 7, bytesOut: 8 },
      ]),
    );
    expect(bytesIn(samples, "2001:db8::1:0:0:1").at(-1)).toEqual([60, 1]);
    expect(valuesOf(samples, "acct_bytes_total", { ip: "overflow" }).slice(-2)).toEqual([
      [60, 7],
      [60, 8],
    ]);
  });

  it.each([
    ["ip", 0, 1000, 200],
    ["ethernet", 0, 1000 + 10 * 18, 200 + 3 * 18],
    ["ethernet", 1, 1000 + 10 * 22, 200 + 3 * 22],
    ["wire", 0, 1000 + 10 * 38, 200 + 3 * 38],
    ["wire", 2, 1000 + 10 * 46, 200 + 3 * 46],
  ] as const)("count in layer %s with %i VLAN tags", async (byteLayer, vlanTags, inBytes, outBytes) => {
    await using account = await accounting();
    const ledger = account.open({ byteLayer, vlanTags });
    const row = { ip: A, bytesIn: 1000, packetsIn: 10, bytesOut: 200, packetsOut: 3 };
    const samples = closeLive(ledger, at(240, [row]));
    expect(bytesIn(samples, A)).toEqual([
      [0, 0],
      [300, inBytes],
    ]);
    expect(valuesOf(samples, "acct_bytes_total", { direction: "out" })).toEqual([
      [0, 0],
      [300, outBytes],
    ]);
    expect(valuesOf(samples, "acct_interval_bytes", { direction: "in" })).toEqual([[300, inBytes]]);
    expect(valuesOf(samples, "acct_interval_bytes", { direction: "out" })).toEqual([[300, outBytes]]);
    expect(valuesOf(samples, "acct_packets_total", { direction: "in" }).at(-1)).toEqual([300, 10]);
    expect(ledgerRows(account.stateDir, "SELECT bytes_in FROM interval_usage")).toEqual([{ bytes_in: 1000n }]);
  });

  it("tell how complete the window is", async () => {
    await using account = await accounting();
    const quality = { observedMs: 30_000, droppedFrames: null, interfaceFrames: null, clockStepMs: 0 };
    const samples = closeLive(account.open(), at(0, [], { quality }));
    expect(valuesOf(samples, "acct_window_completeness_ratio", { interface: "eth0" })).toEqual([[60, 0.5]]);
  });

  it("keep the interfaces of an address apart", async () => {
    await using account = await accounting();
    const row = { ip: A, bytesIn: 5 };
    const samples = closeLive(account.open(), at(0, [row]), at(0, [row, { ip: B }], { interface: "eth1" }));
    expect(bytesIn(samples, A, { interface: "eth0" }).at(-1)).toEqual([60, 5]);
    expect(bytesIn(samples, A, { interface: "eth1" }).at(-1)).toEqual([60, 5]);
    expect(bytesIn(samples, B, { interface: "eth0" })).toEqual([]);
  });

  it("are nothing at all without an endpoint, while the ledger counts", async () => {
    await using account = await accounting();
    const ledger = account.open({ endpoints: [] });
    expect(ledger.close(at(0, [{ ip: A, bytesIn: 5 }]), { live: true })).toMatchObject({ samples: 0, requests: 0 });
    expect(ledgerRows(account.stateDir, "SELECT bytes_in FROM address")).toEqual([{ bytes_in: 5n }]);
    expect(ledgerRows(account.stateDir, "SELECT id FROM outbox")).toEqual([]);
  });

  it("refuse a row of a network that the window does not name, and leave nothing of it behind", async () => {
    await using account = await accounting();
    const ledger = account.open();
    const window = at(0, [{ ip: A, bytesIn: 5, network: 1 }]);
    expect(() => ledger.close(window, { live: true })).toThrow("usage names network 1, which is not there");
    expect(ledgerRows(account.stateDir, "SELECT start_ms FROM window")).toEqual([]);
    expect(ledgerRows(account.stateDir, "SELECT id FROM outbox")).toEqual([]);
  });
});

describe("requests", () => {
  it("hold at most 2,000 samples, of active and of idle addresses alike", async () => {
    await using account = await accounting();
    const ledger = account.open();
    const rows = Array.from({ length: 1_200 }, (_, index) => ({
      ip: `10.0.${index >> 8}.${index & 255}`,
      bytesIn: index,
    }));
    closeLive(ledger, at(0, rows));
    const result = ledger.close(at(60, rows.slice(0, 100)), { live: true });
    expect(result).toMatchObject({ samples: 4 * 1_200 + 1, requests: 3 });
    const sizes = new Map<number, number>();
    const samples = takeSamples(ledger);
    for (const { requestId } of samples) sizes.set(requestId, (sizes.get(requestId) ?? 0) + 1);
    expect([...sizes.values()]).toEqual([2_000, 2_000, 801]);
    expect(bytesIn(samples, "10.0.4.175")).toEqual([[120, 1_199]]);
    expect(bytesIn(samples, "10.0.0.99")).toEqual([[120, 198]]);
  });

  it("never mix a failed commit's samples into a later one", async () => {
    await using account = await accounting();
    const broken = networkOf("broken", { labels: { ip: "no such label can be" } });
    const ledger = account.open({ networks: [networkOf("acme"), broken] });
    const rows = [
      { ip: A, bytesIn: 5 },
      { ip: B, network: 1, bytesIn: 5 },
    ];
    const failing = at(0, rows, { networks: ["acme", "broken"] });
    expect(() => ledger.close(failing, { live: true })).toThrow('label "ip" is there twice');
    const quiet = { ...at(120), interface: "eth1" };
    expect(closeLive(ledger, quiet).map(({ name, timeMs }) => [name, timeMs])).toEqual([
      ["acct_window_completeness_ratio", stamp(180)],
    ]);
  });
});

describe("a new series", () => {
  it("begins with an explicit zero at the end of the previous billing interval", async () => {
    await using account = await accounting();
    const ledger = account.open();
    const samples = closeLive(ledger, at(0, []), at(360, [{ ip: A, bytesIn: 100 }]));
    expect(bytesIn(samples, A)).toEqual([
      [300, 0],
      [420, 100],
    ]);
  });

  it("begins there too in the first window of an interval", async () => {
    await using account = await accounting();
    const samples = closeLive(account.open(), at(300, [{ ip: A, bytesIn: 100 }]));
    expect(bytesIn(samples, A)).toEqual([
      [300, 0],
      [360, 100],
    ]);
  });

  it("begins there also while other series of the interface have newer samples", async () => {
    await using account = await accounting();
    const ledger = account.open();
    closeLive(ledger, at(300, [{ ip: A, bytesIn: 1 }]), at(360, [{ ip: A, bytesIn: 1 }]));
    expect(bytesIn(closeLive(ledger, at(420, [{ ip: B, bytesIn: 9 }])), B)).toEqual([
      [300, 0],
      [480, 9],
    ]);
  });

  it("shows its zero before its first bytes reach any request", async () => {
    await using account = await accounting();
    const samples = closeLive(account.open(), at(60, [{ ip: A, bytesIn: 100 }]));
    const requests = samples.filter(({ name }) => name === "acct_bytes_total").map(({ requestId }) => requestId);
    expect(requests).toEqual([1, 1, 2, 2]);
  });
});

describe("an idle address", () => {
  it("repeats its total until the idle timeout, then stops", async () => {
    await using account = await accounting();
    const ledger = account.open({ idleTimeoutMs: 180_000 });
    const quiet = [60, 120, 180, 240, 300].map((seconds) => at(seconds));
    const samples = closeLive(ledger, at(0, [{ ip: A, bytesIn: 100 }]), ...quiet);
    expect(bytesIn(samples, A)).toEqual([
      [0, 0],
      [60, 100],
      [120, 100],
      [180, 100],
      [240, 100],
    ]);
  });

  it("returns with its total, which it shows once before it grows", async () => {
    await using account = await accounting();
    const ledger = account.open({ idleTimeoutMs: 60_000 });
    closeLive(ledger, at(0, [{ ip: A, bytesIn: 100 }]), at(60), at(120));
    const samples = closeLive(ledger, at(660, [{ ip: A, bytesIn: 11 }]), at(720));
    expect(bytesIn(samples, A)).toEqual([
      [600, 100],
      [720, 111],
      [780, 111],
    ]);
  });

  it("that returns within the billing interval shows it at the previous window", async () => {
    await using account = await accounting();
    const ledger = account.open({ idleTimeoutMs: 60_000 });
    closeLive(ledger, at(0, [{ ip: A, bytesIn: 100 }]), at(60), at(120));
    expect(bytesIn(closeLive(ledger, at(180, [{ ip: A, bytesIn: 11 }])), A)).toEqual([
      [180, 100],
      [240, 111],
    ]);
  });

  it("that returns in the window after its last sample needs no other sample of its total", async () => {
    await using account = await accounting();
    const ledger = account.open({ idleTimeoutMs: 60_000 });
    expect(bytesIn(closeLive(ledger, at(0, [{ ip: A, bytesIn: 100 }]), at(60)), A).at(-1)).toEqual([120, 100]);
    expect(bytesIn(closeLive(ledger, at(120, [{ ip: A, bytesIn: 11 }])), A)).toEqual([[180, 111]]);
  });

  it("keeps its total over a restart", async () => {
    await using account = await accounting();
    closeLive(account.open(), at(0, [{ ip: A, bytesIn: 100 }]));
    expect(bytesIn(closeLive(account.open(), at(60), at(120, [{ ip: A, bytesIn: 1 }])), A)).toEqual([
      [120, 100],
      [180, 101],
    ]);
  });
});
