import { describe, expect, it } from "vitest";

import { openSnapshot } from "../../../src/buffer/read-only-ledger.ts";
import { Ledger } from "../../../src/ledger/ledger.ts";
import { Day, type DayState } from "../../../src/status/day.ts";
import type { UsageSettings } from "../../../src/status/usage-settings.ts";
import { changeLedger, ledgerOptions, networkOf } from "../../support/ledger-options.ts";
import { writeMonthLedger } from "../../support/month-ledger.ts";
import { type TempFolder, tempFolder } from "../../support/temp-folder.ts";
import { usageSettings } from "../../support/usage-settings.ts";
import { windowUsage } from "../../support/window-usage.ts";

const INTERVAL_MS = 300_000;
const DAY_MS = 86_400_000;
/** The interval that runs, of a minute's windows. */
const RUNNING_MS = Date.UTC(2026, 9, 15, 12);

function read(folder: TempFolder, nowMs: number, day = new Day(), changes: Partial<UsageSettings> = {}): DayState {
  using ledger = openSnapshot(folder.path);
  return day.read(ledger.database, usageSettings(folder.path, changes), nowMs);
}

/** Commits a minute of the running interval, `bytesIn` of it for acme. */
function commit(folder: TempFolder, minute: number, bytesIn: number, changes: object = {}): void {
  using ledger = new Ledger(ledgerOptions(folder.path, { networks: [networkOf("acme"), networkOf("globex")] }));
  const rows = [{ ip: "192.0.2.1", bytesIn, packetsIn: 1, bytesOut: 2 * bytesIn }];
  ledger.close(windowUsage(RUNNING_MS + minute * 60_000, rows, changes), { live: true });
}

describe("the last 24 hours", () => {
  it("are 288 intervals, the running one last, of all networks and interfaces; what nobody observed is no zero", async () => {
    await using folder = await tempFolder();
    const usage = (timeMs: number) => {
      if (timeMs === RUNNING_MS - 2 * INTERVAL_MS) return null;
      return { bytesIn: timeMs < RUNNING_MS - DAY_MS ? 9e9 : 37_500_000, bytesOut: 375 };
    };
    const made = { startMs: RUNNING_MS - 2 * DAY_MS, endMs: RUNNING_MS, usage };
    writeMonthLedger(folder.path, [
      { network: "acme", ...made },
      { network: "globex", ...made },
      { network: "acme", interface: "eth1", ...made },
    ]);
    const { day, running, runningMs } = read(folder, RUNNING_MS + 1);
    expect([runningMs, day.start, day.interval_seconds]).toEqual([RUNNING_MS, "2026-10-14T12:05:00.000Z", 300]);
    const expected = Array.from({ length: 288 }, () => 3e6);
    const withGap = (values: readonly number[]) =>
      values.map((value, index) => (index > 286 || index === 285 ? null : value));
    expect(day.in_bps).toEqual(withGap(expected));
    expect(day.out_bps).toEqual(withGap(expected.map(() => 30)));
    expect(day.completeness).toEqual(withGap(expected.map(() => 1)));
    const nothing = { bytesIn: 0, bytesOut: 0 };
    expect(Object.fromEntries(running)).toEqual({ acme: nothing, globex: nothing });
  });

  it("end with a rate over the part of the running interval that is committed", async () => {
    await using folder = await tempFolder();
    const day = new Day();
    commit(folder, 0, 7_500);
    const first = read(folder, RUNNING_MS + 61_000, day);
    expect([first.day.in_bps.at(-1), first.day.out_bps.at(-1), first.day.completeness.at(-1)]).toEqual([1000, 2000, 1]);
    commit(folder, 1, 22_500, {
      quality: { observedMs: 30_000, droppedFrames: 0, interfaceFrames: 1, clockStepMs: 0 },
    });
    const second = read(folder, RUNNING_MS + 121_000, day);
    expect([second.day.in_bps.at(-1), second.day.completeness.at(-1)]).toEqual([2000, 0.75]);
    expect(second.running.get("acme")).toEqual({ bytesIn: 30_000, bytesOut: 60_000 });
    // The next interval runs; of this one two windows of five came.
    const third = read(folder, RUNNING_MS + INTERVAL_MS + 100_000, day);
    expect([third.day.in_bps.at(-2), third.day.completeness.at(-2)]).toEqual([800, 0.3]);
    expect(third.day.in_bps.at(-1)).toBeNull();
    expect(third.running.get("acme")).toEqual({ bytesIn: 0, bytesOut: 0 });
  });

  it("have bytes in the configured layer", async () => {
    await using folder = await tempFolder();
    commit(folder, 0, 7_500);
    const { running } = read(folder, RUNNING_MS + 61_000, new Day(), { overheadPerPacket: 18 });
    expect(running.get("acme")).toEqual({ bytesIn: 7_518, bytesOut: 15_000 });
  });

  it("are as complete as an interface that is captured and had no window lets them be", async () => {
    await using folder = await tempFolder();
    const made = {
      startMs: RUNNING_MS - 4 * INTERVAL_MS,
      endMs: RUNNING_MS,
      usage: () => ({ bytesIn: 1, bytesOut: 1 }),
    };
    const half = { ...made, endMs: RUNNING_MS - 2 * INTERVAL_MS };
    writeMonthLedger(folder.path, [
      { network: "acme", ...made },
      { network: "acme", interface: "eth1", ...half },
    ]);
    const nowMs = RUNNING_MS + 100_000;
    const both = read(folder, nowMs, new Day(), { interfaces: ["eth0", "eth1"] });
    expect(both.day.completeness.slice(-6)).toEqual([null, 1, 1, 0.5, 0.5, null]);
    expect(read(folder, nowMs).day.completeness.slice(-6)).toEqual([null, 1, 1, 1, 1, null]);
  });

  it("are read in part with each window, and as a whole each hour", async () => {
    await using folder = await tempFolder();
    const made = { network: "acme", usage: () => ({ bytesIn: 37_500_000, bytesOut: 0 }) };
    writeMonthLedger(folder.path, [{ ...made, startMs: RUNNING_MS - DAY_MS, endMs: RUNNING_MS }]);
    const day = new Day();
    const rates = (nowMs: number) => read(folder, nowMs, day).day.in_bps;
    expect(rates(RUNNING_MS + 1)[3]).toBe(1e6);
    changeLedger(folder.path, "UPDATE interval_usage SET bytes_in = 75000000");
    const minute = rates(RUNNING_MS + 60_000);
    expect([minute[3], minute[286]]).toEqual([1e6, 2e6]);
    expect(rates(RUNNING_MS + 3_600_001).slice(0, 100)).toEqual(Array.from({ length: 100 }, () => 2e6));
  });

  it("go back with a clock that is set back", async () => {
    await using folder = await tempFolder();
    commit(folder, 0, 7_500);
    const day = new Day();
    read(folder, RUNNING_MS + 61_000, day);
    const earlier = read(folder, RUNNING_MS - INTERVAL_MS, day);
    expect(earlier.day.in_bps.every((rate) => rate === null)).toBe(true);
    expect(read(folder, RUNNING_MS + 61_000, day).day.in_bps.at(-1)).toBe(1000);
  });
});
