// Usage that comes when its window, or its whole interval, was sampled before.

import { describe, expect, it } from "vitest";

import { ledgerRows, takeSamples } from "../../support/ledger-options.ts";
import { accounting, at, bytesIn, closeLive, EPOCH_MS, valuesOf } from "./accounting.ts";

const A = "192.0.2.1";
const B = "192.0.2.2";
const row = (bytes: number, ip = A) => ({ ip, bytesIn: bytes });

const interval = (stateDir: string) =>
  ledgerRows(stateDir, "SELECT start_ms, bytes_in FROM interval_usage ORDER BY start_ms").map((one) => [
    (Number(one["start_ms"]) - EPOCH_MS) / 1_000,
    one["bytes_in"],
  ]);

describe("usage of a window that is closed already", () => {
  it("is in the ledger at once and in the counters with the next window", async () => {
    await using account = await accounting();
    const ledger = account.open();
    closeLive(ledger, at(60, [row(10)]));
    expect(takeSamples(ledger)).toEqual([]);
    expect(ledger.close(at(60, [row(7)]), { live: false })).toMatchObject({ samples: 0, lateBytes: 0 });
    expect(bytesIn(closeLive(ledger, at(120, [row(1)])), A)).toEqual([[180, 18]]);
    expect(interval(account.stateDir)).toEqual([[0, 18n]]);
    expect(ledgerRows(account.stateDir, "SELECT ip_bytes, frames FROM window WHERE observed_ms = 120000")).toEqual([
      { ip_bytes: 17n, frames: 0n },
    ]);
  });

  it("is the same when an agent stops in it", async () => {
    await using account = await accounting();
    const ledger = account.open();
    closeLive(ledger, at(60, [row(10)]));
    ledger.hold(at(60, [row(7)]));
    const restarted = account.open();
    restarted.settle({ endedByMs: EPOCH_MS + 300_000 });
    expect(valuesOf(takeSamples(restarted), "acct_interval_bytes", { direction: "in" })).toEqual([[300, 17]]);
    expect(bytesIn(closeLive(restarted, at(300)), A)).toEqual([[360, 17]]);
    expect(ledgerRows(account.stateDir, "SELECT * FROM held_usage")).toEqual([]);
  });

  it("is sampled in its own time where the interface's next window closes", async () => {
    await using account = await accounting();
    const ledger = account.open();
    ledger.hold(at(240, [row(7)]));
    const samples = closeLive(ledger, at(300, [row(2)]));
    expect(bytesIn(samples, A).slice(1)).toEqual([
      [300, 7],
      [360, 9],
    ]);
    expect(valuesOf(samples, "acct_interval_bytes", { direction: "in" })).toEqual([[300, 7]]);
    expect(valuesOf(samples, "acct_window_completeness_ratio", {}).map(([second]) => second)).toEqual([300, 360]);
  });

  it("of an older window than the newest moves no counter back in time", async () => {
    await using account = await accounting();
    const ledger = account.open();
    closeLive(ledger, at(0, [row(10)]), at(180, [row(10)]));
    ledger.close(at(120, [row(5)]), { live: false });
    expect(takeSamples(ledger)).toEqual([]);
    expect(bytesIn(closeLive(ledger, at(240)), A)).toEqual([[300, 25]]);
  });

  it("shows the total before it, of an address that has no series yet, at the interface's newest sample", async () => {
    await using account = await accounting();
    const ledger = account.open();
    closeLive(ledger, at(180, [row(10)]));
    ledger.close(at(60, [row(5, B)]), { live: false });
    ledger.close(at(0, [row(6, B)]), { live: false });
    const samples = [...takeSamples(ledger), ...closeLive(ledger, at(240))];
    expect(bytesIn(samples, B)).toEqual([
      [240, 0],
      [300, 11],
    ]);
  });
});

describe("usage of an interval whose gauges are pushed", () => {
  it("is late: reported, in the ledger, in no gauge", async () => {
    await using account = await accounting();
    const ledger = account.open();
    closeLive(ledger, at(240, [row(10)]));
    const result = ledger.close(at(120, [{ ...row(7), bytesOut: 5 }]), { live: false });
    expect(result.lateBytes).toBe(12);
    ledger.settle({ endedByMs: EPOCH_MS + 900_000 });
    expect(valuesOf(takeSamples(ledger), "acct_interval_bytes")).toEqual([]);
    expect(interval(account.stateDir)).toEqual([[0, 17n]]);
  });

  it("is late too where it was held and is settled", async () => {
    await using account = await accounting();
    const ledger = account.open();
    closeLive(ledger, at(240, [row(10)]));
    ledger.hold(at(180, [row(7)]));
    expect(ledger.settle({ endedByMs: EPOCH_MS + 300_000 }).lateBytes).toBe(7);
    expect(interval(account.stateDir)).toEqual([[0, 17n]]);
  });

  it("is late too where it is held after its window closed", async () => {
    await using account = await accounting();
    const ledger = account.open();
    closeLive(ledger, at(240, [row(10)]));
    expect(ledger.hold(at(240, [row(7)])).lateBytes).toBe(7);
    expect(interval(account.stateDir)).toEqual([[0, 17n]]);
  });
});

describe("sampleLate", () => {
  it("shows late usage at the first free window, on the grid", async () => {
    await using account = await accounting();
    const ledger = account.open();
    closeLive(ledger, at(60, [row(10)]));
    ledger.close(at(0, [row(5)]), { live: false });
    ledger.sampleLate("eth0", EPOCH_MS + 180_000);
    const samples = takeSamples(ledger);
    expect(bytesIn(samples, A)).toEqual([[180, 15]]);
    expect(valuesOf(samples, "acct_window_completeness_ratio")).toEqual([]);
    expect(bytesIn(closeLive(ledger, at(180)), A)).toEqual([[240, 15]]);
  });

  it("stays on the grid when series began anew since the last window", async () => {
    await using account = await accounting();
    closeLive(account.open(), at(60, [row(10)]));
    const ledger = account.open({ endpoints: ["central", "second"] });
    ledger.close(at(0, [row(5)]), { live: false });
    ledger.sampleLate("eth0", EPOCH_MS + 180_000);
    expect(bytesIn(takeSamples(ledger), A).at(-1)).toEqual([180, 15]);
  });

  it("shows nothing where that window is not over", async () => {
    await using account = await accounting();
    const ledger = account.open();
    closeLive(ledger, at(60, [row(10)]));
    ledger.close(at(0, [row(5)]), { live: false });
    expect(ledger.sampleLate("eth0", EPOCH_MS + 179_999)).toMatchObject({ samples: 0 });
    expect(bytesIn(closeLive(ledger, at(120)), A)).toEqual([[180, 15]]);
  });
});

describe("a held window", () => {
  it("shows nothing until it closes, then all of it at once", async () => {
    await using account = await accounting();
    const held = account.open();
    held.hold(
      at(60, [row(10), row(1, B)], {
        quality: { observedMs: 20_000, droppedFrames: 1, interfaceFrames: 4, clockStepMs: 0 },
      }),
    );
    expect(takeSamples(held)).toEqual([]);
    const ledger = account.open();
    const rest = at(60, [row(5)], {
      quality: { observedMs: 25_000, droppedFrames: 2, interfaceFrames: 3, clockStepMs: 0 },
    });
    const samples = closeLive(ledger, rest);
    expect(bytesIn(samples, A)).toEqual([
      [0, 0],
      [120, 15],
    ]);
    expect(bytesIn(samples, B).at(-1)).toEqual([120, 1]);
    expect(ledgerRows(account.stateDir, "SELECT observed_ms, dropped_frames, interface_frames FROM window")).toEqual([
      { observed_ms: 45_000n, dropped_frames: 3n, interface_frames: 7n },
    ]);
    expect(interval(account.stateDir)).toEqual([[0, 16n]]);
  });

  it("has an unknown quality where one part's is unknown", async () => {
    await using account = await accounting();
    const ledger = account.open();
    ledger.hold(at(60, [], { quality: { observedMs: 1, droppedFrames: null, interfaceFrames: 1, clockStepMs: 0 } }));
    ledger.close(at(60, [], { quality: { observedMs: 1, droppedFrames: 1, interfaceFrames: null, clockStepMs: 0 } }), {
      live: true,
    });
    expect(ledgerRows(account.stateDir, "SELECT dropped_frames, interface_frames FROM window")).toEqual([
      { dropped_frames: null, interface_frames: null },
    ]);
  });

  it("closes with settle once it has ended, not before", async () => {
    await using account = await accounting();
    const ledger = account.open();
    ledger.hold(at(60, [row(10)]));
    ledger.settle({ endedByMs: EPOCH_MS + 119_999 });
    expect(takeSamples(ledger)).toEqual([]);
    ledger.settle({ endedByMs: EPOCH_MS + 120_000 });
    expect(bytesIn(takeSamples(ledger), A)).toEqual([
      [0, 0],
      [120, 10],
    ]);
    ledger.settle({ endedByMs: EPOCH_MS + 120_000 });
    expect(takeSamples(ledger)).toEqual([]);
  });

  it("keeps its rows with their networks", async () => {
    await using account = await accounting();
    const networks = ["c", "b", "a"].map((name) => ({ name, prefixes: [], labels: {}, billBy: "network" as const }));
    const ledger = account.open({ networks });
    const names = { networks: ["a", "b", "c"] };
    const rows = [0, 1, 2].map((network) => ({ ip: A, network, bytesIn: 10 ** network }));
    ledger.hold(at(0, rows, names));
    const samples = closeLive(ledger, at(0, [], { networks: ["c", "a", "b"] }));
    expect(["a", "b", "c"].map((network) => bytesIn(samples, A, { network }).at(-1))).toEqual([
      [60, 1],
      [60, 10],
      [60, 100],
    ]);
  });
});
