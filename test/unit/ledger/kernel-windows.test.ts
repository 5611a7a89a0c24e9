// Windows that a source can hand over twice: each counts once, its parts add up, and a long run of old ones is sampled
// as if it had come in time.

import { describe, expect, it } from "vitest";

import type { Ledger } from "../../../src/ledger/ledger.ts";
import type { WindowUsage } from "../../../src/model/window.ts";
import { changeLedger, ledgerContent, ledgerRows, type Sample, takeSamples } from "../../support/ledger-options.ts";
import { accounting, at, bytesIn, closeLive, EPOCH_MS, valuesOf } from "../account/accounting.ts";

const A = "192.0.2.1";
const OTHER = "192.0.2.9";
const [OLD, CURRENT] = ["0a", "0b"];
const WINDOWS = 180;
const live = { live: true };

const of = (source: string, seconds: number, bytes: number, changes: Partial<WindowUsage> = {}): WindowUsage =>
  at(seconds, [{ ip: A, bytesIn: bytes, packetsIn: 1 }], { source, ...changes });

const columnOf = (stateDir: string, sql: string): unknown[] => ledgerRows(stateDir, sql).flatMap(Object.values);

/** The bytes that window `number` of a long run has: no two sums of such windows are alike. */
const bytesOf = (number: number): number => (number + 1) ** 2;

/** What windows `from` to before `to` have. */
function bytesBetween(from: number, to: number): number {
  let sum = 0;
  for (let number = from; number < to; number++) sum += bytesOf(number);
  return sum;
}

/** Three hours of windows at once, as an agent hands over that was away: the first is the rest of a held one. */
function burst(ledger: Ledger, changes: Partial<WindowUsage> = {}): Sample[] {
  const windows = Array.from({ length: WINDOWS }, (_, number) => of(CURRENT, number * 60, bytesOf(number), changes));
  const results = windows.map((window) => ledger.close(window, live));
  expect(results.filter(({ lateBytes, alreadyThere }) => lateBytes > 0 || alreadyThere)).toEqual([]);
  return takeSamples(ledger);
}

describe("a window that its source offers again", () => {
  it.each(["close", "hold"] as const)("by %s changes nothing, and is told", async (how) => {
    await using account = await accounting();
    const ledger = account.open();
    ledger.hold(of(OLD, 60, 1));
    const first = ledger.close(of(CURRENT, 60, 2), live);
    expect(first).toMatchObject({ samples: 9, alreadyThere: false, lateBytes: 0 });
    const before = ledgerContent(account.stateDir);
    for (const source of [OLD, CURRENT]) {
      const again = how === "close" ? ledger.close(of(source, 60, 9), live) : ledger.hold(of(source, 60, 9));
      expect(again).toMatchObject({ samples: 0, requests: 0, bytes: 0, lateBytes: 0, alreadyThere: true });
    }
    expect(ledgerContent(account.stateDir)).toEqual(before);
  });

  it("counts for networks that the ledger has never heard of, should it be newer than the kernel's window", async () => {
    await using account = await accounting();
    const ledger = account.open();
    const window = of(OLD, 60, 7, { networks: ["of another ledger"] });
    ledger.close(window, live);
    expect(columnOf(account.stateDir, "SELECT name FROM network ORDER BY id")).toContain("of another ledger");
    expect(columnOf(account.stateDir, "SELECT sum(bytes_in) FROM address")).toEqual([7n]);
  });

  it("settles nothing that is held, however far on it is", async () => {
    await using account = await accounting();
    const ledger = account.open();
    ledger.close(of(CURRENT, 300, 1), live);
    ledger.hold(of(OLD, 60, 2));
    takeSamples(ledger);
    ledger.close(of(CURRENT, 300, 1), live);
    expect(takeSamples(ledger)).toEqual([]);
  });

  it("is known to the next agent, and is new where its commit failed", async () => {
    await using account = await accounting();
    const ledger = account.open();
    const refuse = "CREATE TRIGGER refuse BEFORE INSERT ON outbox BEGIN SELECT RAISE(ABORT, 'no more room'); END";
    changeLedger(account.stateDir, refuse);
    expect(() => ledger.close(of(CURRENT, 60, 1), live)).toThrow("no more room");
    changeLedger(account.stateDir, "DROP TRIGGER refuse");
    expect(ledger.close(of(CURRENT, 60, 1), live).alreadyThere).toBe(false);
    expect(account.open().close(of(CURRENT, 60, 1), live).alreadyThere).toBe(true);
    expect(columnOf(account.stateDir, "SELECT bytes_in FROM address")).toEqual([1n]);
  });

  it("counts each time where nothing tells what counted it", async () => {
    await using account = await accounting();
    const ledger = account.open();
    for (const _ of [1, 2]) {
      expect(ledger.close(at(60, [{ ip: A, bytesIn: 4 }]), live).alreadyThere).toBe(false);
    }
    expect(columnOf(account.stateDir, "SELECT bytes_in FROM address")).toEqual([8n]);
    expect(columnOf(account.stateDir, "SELECT source FROM harvested_window")).toEqual([]);
  });
});

describe("a window of two sources", () => {
  it("is the sum of its parts, its clock steps too, sampled when the second one closes it", async () => {
    await using account = await accounting();
    const ledger = account.open();
    const quality = { observedMs: 25_000, droppedFrames: 0, interfaceFrames: 1, clockStepMs: 1_200 };
    ledger.hold(of(OLD, 60, 10, { quality }));
    expect(takeSamples(ledger)).toEqual([]);
    const rest = { observedMs: 35_000, droppedFrames: 0, interfaceFrames: 1, clockStepMs: 5_000 };
    ledger.close(of(CURRENT, 60, 5, { quality: rest }), live);
    expect(bytesIn(takeSamples(ledger), A)).toEqual([
      [0, 0],
      [120, 15],
    ]);
    expect(ledgerRows(account.stateDir, "SELECT observed_ms, ip_bytes, clock_step_ms FROM window")).toEqual([
      { observed_ms: 60_000n, ip_bytes: 15n, clock_step_ms: 6_200n },
    ]);
    expect(ledgerRows(account.stateDir, "SELECT source FROM harvested_window ORDER BY source")).toEqual([
      { source: OLD },
      { source: CURRENT },
    ]);
  });

  it("takes a part that is held after it closed at once, and shows it with the next window", async () => {
    await using account = await accounting();
    const ledger = account.open();
    closeLive(ledger, of(CURRENT, 60, 10));
    expect(ledger.hold(of(OLD, 60, 5))).toMatchObject({ samples: 0, lateBytes: 0, alreadyThere: false });
    expect(bytesIn(closeLive(ledger, of(CURRENT, 120, 1)), A)).toEqual([[180, 16]]);
    expect(columnOf(account.stateDir, "SELECT bytes_in FROM interval_usage")).toEqual([16n]);
  });
});

describe("three hours of windows at once", () => {
  it("push each interval once, after all its windows, in order, and the calendar with it", async () => {
    await using account = await accounting();
    account.open().hold(of(OLD, 0, 1_000));
    const samples = burst(account.open());
    const intervals = Array.from({ length: WINDOWS / 5 }, (_, index) => index);
    expect(valuesOf(samples, "acct_interval_bytes", { direction: "in" })).toEqual(
      intervals.map((index) => [
        (index + 1) * 300,
        (index === 0 ? 1_000 : 0) + bytesBetween(index * 5, (index + 1) * 5),
      ]),
    );
    const toDate = valuesOf(samples, "acct_period_intervals", { which: "current" });
    // 14 days and 12 hours of October.
    expect(toDate).toEqual(intervals.map((index) => [(index + 1) * 300, 14.5 * 288 + index + 1]));
    expect(columnOf(account.stateDir, "SELECT count(*) FROM interval WHERE emitted = 0")).toEqual([0n]);
  });

  it("show every window's counters at its own time", async () => {
    await using account = await accounting();
    account.open().hold(of(OLD, 0, 1_000));
    const samples = burst(account.open());
    expect(bytesIn(samples, A)).toEqual([
      [0, 0],
      ...Array.from({ length: WINDOWS }, (_, number) => [(number + 1) * 60, 1_000 + bytesBetween(0, number + 1)]),
    ]);
    expect(valuesOf(samples, "acct_window_completeness_ratio").map(([second]) => second)).toEqual(
      Array.from({ length: WINDOWS }, (_, number) => (number + 1) * 60),
    );
    expect(columnOf(account.stateDir, "SELECT count(*) FROM window WHERE closed = 0")).toEqual([0n]);
  });

  it("go on as live windows do, from where the agent that stopped had sampled", async () => {
    await using account = await accounting();
    const stopped = account.open();
    closeLive(stopped, of(CURRENT, -120, 7), of(CURRENT, -60, 8));
    stopped.hold(of(OLD, 0, 1_000));
    const ledger = account.open();
    const samples = [...burst(ledger), ...closeLive(ledger, of(CURRENT, WINDOWS * 60, 3))];
    expect(bytesIn(samples, A).at(0)).toEqual([60, 15 + 1_000 + bytesOf(0)]);
    expect(bytesIn(samples, A).at(-1)).toEqual([(WINDOWS + 1) * 60, 15 + 1_000 + bytesBetween(0, WINDOWS) + 3]);
    expect(new Set(samples.map(({ series, timeMs }) => `${series} ${timeMs}`)).size).toBe(samples.length);
  });

  it("leave an interface alone whose intervals are settled, and are as whole beside it", async () => {
    await using account = await accounting();
    const ledger = account.open();
    const eth1 = { interface: "eth1", source: null };
    const nowSeconds = WINDOWS * 60;
    closeLive(ledger, at(nowSeconds - 60, [{ ip: OTHER, bytesIn: 70 }], eth1), at(nowSeconds, [], eth1));
    ledger.settle({ endedByMs: EPOCH_MS + nowSeconds * 1_000, interface: "eth1" });
    const samples = burst(ledger);
    expect(samples.filter(({ labels }) => labels["interface"] === "eth1")).toEqual([]);
    expect(valuesOf(samples, "acct_interval_bytes", { direction: "in", interface: "eth0" })).toEqual(
      Array.from({ length: WINDOWS / 5 }, (_, index) => [(index + 1) * 300, bytesBetween(index * 5, (index + 1) * 5)]),
    );
    // eth1 has shown the calendar of that time, and no series has two values at one time.
    expect(valuesOf(samples, "acct_period_intervals")).toEqual([]);
    expect(bytesIn(samples, A).length).toBe(WINDOWS + 1);
    expect(bytesIn(closeLive(ledger, at(nowSeconds + 60, [], eth1)), OTHER)).toEqual([[nowSeconds + 120, 70]]);
  });

  it("are not settled early by what settles another interface", async () => {
    await using account = await accounting();
    account.open().hold(of(OLD, 0, 1_000));
    const ledger = account.open();
    ledger.settle({ endedByMs: EPOCH_MS + WINDOWS * 60_000, interface: "eth1" });
    expect(takeSamples(ledger)).toEqual([]);
    expect(valuesOf(burst(ledger), "acct_interval_bytes", { direction: "in" })[0]).toEqual([
      300,
      1_000 + bytesBetween(0, 5),
    ]);
  });
});

describe("a ledger's identity", () => {
  it("is 32 hexadecimal digits, the same for each agent on it and no other's", async () => {
    await using account = await accounting();
    await using other = await accounting();
    const identity = account.open().identity();
    expect(identity).toMatch(/^[0-9a-f]{32}$/);
    expect(account.open().identity()).toBe(identity);
    expect(other.open().identity()).not.toBe(identity);
    expect(ledgerRows(account.stateDir, "SELECT value FROM setting WHERE name = 'ledger_id'")).toEqual([
      { value: identity },
    ]);
  });
});
