// Bills out of ledger files: months of every length and zone against figures that are computed here in another way, and
// what a ledger may look like when somebody asks for one.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ledgerSource } from "../../src/billing/ledger-source.ts";
import { type BillEntry, bills, contractsOf } from "../../src/billing/report.ts";
import { LEDGER_FILE, openDatabase } from "../../src/buffer/database.ts";
import { IntervalReader } from "../../src/buffer/interval-reader.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import type { Contract } from "../../src/model/contract.ts";
import type { Labels } from "../../src/model/network.ts";
import { writeFirstLedger } from "../support/first-ledger.ts";
import { changeLedger, ledgerOptions, networkOf } from "../support/ledger-options.ts";
import { LedgerHold } from "../support/ledger-hold.ts";
import { LEDGER_SCHEMA } from "../support/ledger-schema.ts";
import { type MadeUsage, writeMonthLedger } from "../support/month-ledger.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { windowUsage } from "../support/window-usage.ts";
import { contractOf, INTERVAL_MS } from "../unit/billing/billing-fixture.ts";

const DAY_MS = 86_400_000;
const LATER_MS = Date.UTC(2030, 0, 1);
const BY_DEFAULT = contractOf({ customer: "acme", selector: { customer: "acme" } });

interface Asked {
  readonly contracts?: readonly Contract[];
  readonly month?: string | null;
  readonly nowMs?: number;
  readonly overheadPerPacket?: number;
  readonly externalLabels?: Labels;
}

async function billsOf(stateDir: string, asked: Asked = {}): Promise<readonly BillEntry[]> {
  const { contracts = [BY_DEFAULT], month = "2026-10", nowMs = LATER_MS, overheadPerPacket = 0 } = asked;
  using reader = new IntervalReader(stateDir, overheadPerPacket);
  const source = ledgerSource(reader, { instance: "edge-01", externalLabels: asked.externalLabels ?? {}, nowMs });
  const { contracts: all } = await contractsOf(source, {
    contracts,
    byteLayer: "ip",
    externalLabels: {},
    month,
    nowMs,
  });
  const entries: BillEntry[] = [];
  for await (const entry of bills(source, all, { month, nowMs })) entries.push(entry);
  return entries;
}

/** Different in each interval, and in each direction. */
function usageAt(timeMs: number): MadeUsage {
  const slot = timeMs / INTERVAL_MS;
  return { bytesIn: ((slot * 7_919) % 100_003) * 375_000 + 1, bytesOut: ((slot * 104_729) % 99_991) * 350_000 + 2 };
}

/** By sorting strings of all values: the rule as it is told, without the code that bills. */
function expectedOf(startMs: number, intervals: number) {
  const times = Array.from({ length: intervals }, (_, index) => startMs + index * INTERVAL_MS);
  const discarded = (intervals - (intervals % 20)) / 20;
  const percentile = (of: (usage: MadeUsage) => number): number =>
    Number(
      times
        .map((time) => String(of(usageAt(time))).padStart(20, "0"))
        .sort()
        .toReversed()[discarded],
    );
  const total = (of: (usage: MadeUsage) => number): bigint =>
    times.reduce((sum, time) => sum + BigInt(of(usageAt(time))), 0n);
  const [p95In, p95Out] = [percentile(({ bytesIn }) => bytesIn), percentile(({ bytesOut }) => bytesOut)];
  return {
    fromMs: startMs,
    toMs: startMs + intervals * INTERVAL_MS,
    intervalsExpected: intervals,
    intervalsObserved: intervals,
    coverage: 1,
    completeness: 1,
    discarded,
    p95InBytes: p95In,
    p95OutBytes: p95Out,
    billableBytes: p95In,
    billableBps: (p95In * 8) / 300,
    billableDirection: "in",
    billableAtMs: times.find((time) => usageAt(time).bytesIn === p95In),
    totalBytesIn: total(({ bytesIn }) => bytesIn),
    totalBytesOut: total(({ bytesOut }) => bytesOut),
    gaps: [],
  };
}

describe("the bill of a month", () => {
  it.each([
    ["UTC", "2026-02", "2026-02-01T00:00Z", 28 * 288],
    ["UTC", "2028-02", "2028-02-01T00:00Z", 29 * 288],
    ["UTC", "2026-04", "2026-04-01T00:00Z", 30 * 288],
    ["UTC", "2026-10", "2026-10-01T00:00Z", 31 * 288],
    ["Europe/Berlin", "2026-03", "2026-02-28T23:00Z", 31 * 288 - 12],
    ["Europe/Berlin", "2026-10", "2026-09-30T22:00Z", 31 * 288 + 12],
    ["America/New_York", "2026-03", "2026-03-01T05:00Z", 31 * 288 - 12],
    ["America/New_York", "2026-11", "2026-11-01T04:00Z", 30 * 288 + 12],
    ["Australia/Lord_Howe", "2026-04", "2026-03-31T13:00Z", 30 * 288 + 6],
    ["Australia/Lord_Howe", "2026-10", "2026-09-30T13:30Z", 31 * 288 - 6],
  ])("in %s, %s, is exact to the byte, and nothing before or after it is in it", async (timeZone, month, start, n) => {
    await using folder = await tempFolder();
    const startMs = Date.parse(start);
    const endMs = startMs + n * INTERVAL_MS;
    const usage = (timeMs: number): MadeUsage => {
      const inside = timeMs >= startMs && timeMs < endMs;
      return inside ? usageAt(timeMs) : { bytesIn: 9e15, bytesOut: 9e15 };
    };
    const labels = { customer: "acme" };
    writeMonthLedger(folder.path, [
      { network: "acme", labels, startMs: startMs - DAY_MS, endMs: endMs + DAY_MS, usage },
      { network: "other", labels: { customer: "other" }, startMs, endMs, usage: () => ({ bytesIn: 7, bytesOut: 7 }) },
    ]);
    const [entry] = await billsOf(folder.path, { contracts: [{ ...BY_DEFAULT, timeZone }], month });
    expect(entry?.bill).toMatchObject(expectedOf(startMs, n));
  });

  it("is that to date for the current month, of all that is known by now", async () => {
    await using folder = await tempFolder();
    const startMs = Date.UTC(2026, 9, 1);
    const nowMs = startMs + 3 * DAY_MS + 12_345;
    writeMonthLedger(folder.path, [
      { network: "acme", labels: { customer: "acme" }, startMs, endMs: startMs + 3 * DAY_MS, usage: usageAt },
    ]);
    const [entry] = await billsOf(folder.path, { month: null, nowMs });
    expect(entry?.bill).toMatchObject({ period: "2026-10", status: "provisional", ...expectedOf(startMs, 3 * 288) });
  });

  it("adds the customer's networks and interfaces, and names the others by their networks", async () => {
    await using folder = await tempFolder();
    const [startMs, endMs] = [Date.UTC(2026, 9, 1), Date.UTC(2026, 10, 1)];
    const made = (network: string, bytes: number, changes: object = {}) => ({
      network,
      startMs,
      endMs,
      usage: () => ({ bytesIn: bytes, bytesOut: 0 }),
      ...changes,
    });
    writeMonthLedger(folder.path, [
      made("a", 100, { labels: { customer: "acme" } }),
      made("a", 20, { labels: { customer: "acme" }, interface: "eth1" }),
      made("b", 3, { labels: { customer: "acme" } }),
      made("lonely", 5_000),
    ]);
    const entries = await billsOf(folder.path, { contracts: [] });
    expect(entries.map(({ bill }) => [bill.contract.customer, bill.p95InBytes])).toEqual([
      ["acme", 123],
      ["lonely", 5_000],
    ]);
    expect(entries[0]?.usage.series.map((one) => [one.network, one.instance, one.interface])).toEqual([
      ["a", "edge-01", "eth0"],
      ["a", "edge-01", "eth1"],
      ["b", "edge-01", "eth0"],
    ]);
  });

  it.each<[string, Labels, number]>([
    ["an external label", { site: "fra" }, 123],
    ["another external label", { site: "ams" }, 0],
    ["the agent", { instance: "edge-01" }, 123],
    ["another agent", { instance: "edge-02" }, 0],
    ["an interface", { interface: "eth1" }, 20],
    ["a network", { network: "b" }, 3],
    ["a label that is not there", { rack: "" }, 123],
  ])("takes only what %s selects", async (_, selector, bytes) => {
    await using folder = await tempFolder();
    const [startMs, endMs] = [Date.UTC(2026, 9, 1), Date.UTC(2026, 10, 1)];
    const made = (network: string, bytesIn: number, name: string) => {
      return {
        network,
        labels: { customer: "acme" },
        interface: name,
        startMs,
        endMs,
        usage: () => ({ bytesIn, bytesOut: 0 }),
      };
    };
    writeMonthLedger(folder.path, [made("a", 100, "eth0"), made("a", 20, "eth1"), made("b", 3, "eth0")]);
    const contracts = [{ ...BY_DEFAULT, selector: { customer: "acme", ...selector } }];
    const [entry] = await billsOf(folder.path, { contracts, externalLabels: { site: "fra" } });
    expect(entry?.bill.p95InBytes).toBe(bytes);
  });

  it("counts in the configured layer", async () => {
    await using folder = await tempFolder();
    const usage = () => ({ bytesIn: 1_000, packetsIn: 10, bytesOut: 70, packetsOut: 1 });
    const [startMs, endMs] = [Date.UTC(2026, 9, 1), Date.UTC(2026, 10, 1)];
    writeMonthLedger(folder.path, [{ network: "acme", labels: { customer: "acme" }, startMs, endMs, usage }]);
    const [entry] = await billsOf(folder.path, { overheadPerPacket: 18 });
    expect(entry?.bill).toMatchObject({ p95InBytes: 1_180, p95OutBytes: 88, totalBytesIn: 8928n * 1_180n });
  });

  it("says what was not observed: intervals that are missing, and windows that are not complete", async () => {
    await using folder = await tempFolder();
    const [startMs, endMs] = [Date.UTC(2026, 9, 1), Date.UTC(2026, 10, 1)];
    const gap = { startMs: startMs + 2 * DAY_MS, endMs: startMs + 2 * DAY_MS + 31 * INTERVAL_MS };
    const usage = (timeMs: number) => (timeMs >= gap.startMs && timeMs < gap.endMs ? null : usageAt(timeMs));
    writeMonthLedger(folder.path, [{ network: "acme", labels: { customer: "acme" }, startMs, endMs, usage }]);
    // Half of one window was lost, three quarters of another not looked at, and a third is not there.
    changeLedger(folder.path, `UPDATE window SET dropped_frames = 10 WHERE start_ms = ${startMs}`);
    changeLedger(folder.path, `UPDATE window SET observed_ms = 15000 WHERE start_ms = ${startMs + 60_000}`);
    changeLedger(folder.path, `DELETE FROM window WHERE start_ms = ${startMs + 120_000}`);
    const [entry] = await billsOf(folder.path);
    expect(entry?.bill).toMatchObject({ intervalsExpected: 8928, intervalsObserved: 8897, gaps: [gap] });
    expect(entry?.bill.coverage).toBe(8897 / 8928);
    expect(entry?.bill.completeness).toBeCloseTo(1 - 2.25 / (8897 * 5), 12);
  });

  it("weighs each interface's intervals once in its completeness, however many networks have them", async () => {
    await using folder = await tempFolder();
    const startMs = Date.UTC(2026, 9, 1);
    const made = (network: string, name: string, intervals: number) => {
      const series = { network, labels: { customer: "acme" }, interface: name, usage: usageAt };
      return { ...series, startMs, endMs: startMs + intervals * INTERVAL_MS };
    };
    writeMonthLedger(folder.path, [made("a", "eth0", 3), made("b", "eth0", 1), made("a", "eth1", 2)]);
    changeLedger(folder.path, `DELETE FROM window WHERE interface_id = 1 AND start_ms < ${startMs + INTERVAL_MS}`);
    const [entry] = await billsOf(folder.path, { nowMs: startMs + 3 * INTERVAL_MS, month: null });
    expect(entry?.bill.completeness).toBe(4 / 5);
  });

  it("is all zeros, with no coverage, for a customer that the ledger has nothing of", async () => {
    await using folder = await tempFolder();
    openDatabase(folder.path).close();
    const [entry] = await billsOf(folder.path);
    expect(entry?.bill).toMatchObject({ billableBytes: 0, coverage: 0, completeness: null, intervalsObserved: 0 });
  });
});

describe("a ledger that is being written", () => {
  const startMs = Date.UTC(2026, 9, 1);
  const options = (stateDir: string) =>
    ledgerOptions(stateDir, { networks: [networkOf("acme", { labels: { customer: "acme" } })] });
  const row = (bytesIn: number) => [{ ip: "192.0.2.1", bytesIn, packetsIn: 1 }];

  it("is read as it was when it was opened, and hinders nobody", async () => {
    await using folder = await tempFolder();
    using ledger = new Ledger(options(folder.path));
    const close = (minute: number, bytes: number) =>
      ledger.close(windowUsage(startMs + minute * 60_000, row(bytes)), { live: true });
    for (let minute = 0; minute < 5; minute++) close(minute, 100);
    using reader = new IntervalReader(folder.path, 0);
    const range = { startMs, endMs: startMs + DAY_MS };
    const read = () => [
      ...reader.intervals({ network: "acme", interface: "eth0", labelsVersions: null }, range).bytesIn,
    ];
    expect(read()).toEqual([500]);
    for (let minute = 5; minute < 10; minute++) close(minute, 7);
    expect(read()).toEqual([500]);
    const [entry] = await billsOf(folder.path, { nowMs: startMs + 2 * INTERVAL_MS, month: null });
    expect([...(entry?.usage.series[0]?.bytesIn ?? [])]).toEqual([500, 35]);
  });

  it("is read while somebody holds its lock for a commit", async () => {
    await using folder = await tempFolder();
    writeMonthLedger(folder.path, [
      { network: "acme", labels: { customer: "acme" }, startMs, endMs: startMs + DAY_MS, usage: usageAt },
    ]);
    using _hold = new LedgerHold(folder.path);
    expect((await billsOf(folder.path))[0]?.bill.intervalsObserved).toBe(288);
  });

  it("shows an interval of which windows are still to come only when they are in, or nobody brings them", async () => {
    await using folder = await tempFolder();
    using ledger = new Ledger(options(folder.path));
    for (let minute = 0; minute < 9; minute++)
      ledger.close(windowUsage(startMs + minute * 60_000, row(100)), { live: true });
    const bytesAt = async (nowMs: number): Promise<number[]> => {
      const [entry] = await billsOf(folder.path, { nowMs, month: null });
      return [...(entry?.usage.series[0]?.bytesIn ?? [])];
    };
    const overMs = startMs + 2 * INTERVAL_MS;
    expect(await bytesAt(overMs + 3_000)).toEqual([500]);
    expect(await bytesAt(overMs + 600_000)).toEqual([500, 400]);
    ledger.close(windowUsage(startMs + 9 * 60_000, row(100)), { live: true });
    expect(await bytesAt(overMs + 3_000)).toEqual([500, 500]);
  });

  it("has what a stop left of an open window", async () => {
    await using folder = await tempFolder();
    using ledger = new Ledger(options(folder.path));
    ledger.close(windowUsage(startMs, row(100)), { live: true });
    ledger.hold(windowUsage(startMs + 60_000, row(11)));
    const [entry] = await billsOf(folder.path, { overheadPerPacket: 4 });
    expect(entry?.usage.series[0]?.bytesIn[0]).toBe(119);
  });
});

describe("a ledger that is read", () => {
  const complaintOf = async (stateDir: string): Promise<string> =>
    await billsOf(stateDir).then(
      () => "none",
      (error: unknown) => (error instanceof Error ? error.message : "no error"),
    );

  it("stays as it is, without a journal that was not there", async () => {
    await using folder = await tempFolder();
    writeMonthLedger(folder.path, [{ network: "acme", startMs: 0, endMs: DAY_MS, usage: usageAt }]);
    const before = readFileSync(folder.file(LEDGER_FILE));
    await billsOf(folder.path);
    expect(readdirSync(folder.path)).toEqual([LEDGER_FILE]);
    expect(Buffer.compare(readFileSync(folder.file(LEDGER_FILE)), before)).toBe(0);
  });

  it("that does not exist is not made", async () => {
    await using folder = await tempFolder();
    expect(await complaintOf(folder.file("state"))).toBe(
      `${folder.file("state")}/ledger.sqlite: there is no ledger; start the agent or replay a capture file once, or name another agent.state_dir`,
    );
    expect(readdirSync(folder.path)).toEqual([]);
  });

  it("of an earlier program is left to the agent", async () => {
    await using folder = await tempFolder();
    await writeFirstLedger(folder.path);
    expect(await complaintOf(folder.path)).toBe(
      `${folder.file(LEDGER_FILE)}: has schema 1, this program needs ${LEDGER_SCHEMA}; start the agent once, which brings it up to date`,
    );
  });

  it("is refused where it is none", async () => {
    await using folder = await tempFolder();
    writeFileSync(folder.file(LEDGER_FILE), "x".repeat(10_000));
    expect(await complaintOf(folder.path)).toMatch(
      /^\S+ledger\.sqlite: is damaged \(file is not a database\); [^\n]+$/,
    );
  });

  it("is refused where bytes are beyond what is exact", async () => {
    await using folder = await tempFolder();
    const [startMs, endMs] = [Date.UTC(2026, 9, 1), Date.UTC(2026, 9, 2)];
    const usage = (timeMs: number) => ({ bytesIn: timeMs === startMs ? 2 ** 53 : 1, bytesOut: 0 });
    writeMonthLedger(folder.path, [{ network: "acme", labels: { customer: "acme" }, startMs, endMs, usage }]);
    expect(await complaintOf(folder.path)).toContain("something else than integers below 2^53");
  });
});
