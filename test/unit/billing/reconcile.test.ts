// Ledger against Prometheus: what is a difference, what is none, and how either is told.

import { describe, expect, it } from "vitest";
import type { IntervalSeries, Usage, UsageSelection, UsageSource } from "../../../src/billing/interval-series.ts";
import { reconcile, type ReconcileOptions, type ReconcileSources } from "../../../src/billing/reconcile.ts";
import {
  countsOf,
  differenceRows,
  reconcileJson,
  type ReconcileResult,
  summaryLines,
} from "../../../src/billing/reconcile-report.ts";
import type { SeriesComparison } from "../../../src/billing/reconcile-series.ts";

const INTERVAL_MS = 300_000;
const START_MS = Date.UTC(2026, 9, 1);
const END_MS = Date.UTC(2026, 10, 1);
const UTC = { timeZone: "UTC", period: "202610", startMs: START_MS, endMs: END_MS };
const BERLIN = { ...UTC, timeZone: "Europe/Berlin", startMs: START_MS - 7_200_000, endMs: END_MS - 3_600_000 };
const LABELS: Readonly<Record<string, Readonly<Record<string, string>>>> = { acme: { customer: "acme" }, other: {} };

/** Bytes received by the index of the interval; one less is sent. */
type Bytes = Readonly<Record<number, number>>;

function seriesOf(network: string, bytes: Bytes, interfaceName = "eth0"): IntervalSeries {
  const indices = Object.keys(bytes).map(Number);
  const values = Object.values(bytes);
  return {
    instance: "edge-01",
    interface: interfaceName,
    network,
    startsMs: Float64Array.from(indices, (index) => START_MS + index * INTERVAL_MS),
    bytesIn: Float64Array.from(values),
    bytesOut: Float64Array.from(values, (value) => value - 1),
  };
}

function usageOf(series: readonly IntervalSeries[], { selector, startMs, endMs }: UsageSelection): Usage {
  const isSelected = (one: IntervalSeries): boolean => one.network === selector["network"];
  const inRange = series.filter(isSelected).map((one) => {
    const kept = [...one.startsMs.keys()].filter((index) => {
      const time = one.startsMs[index] ?? 0;
      return time >= startMs && time < endMs;
    });
    const column = (values: Float64Array): Float64Array => Float64Array.from(kept, (index) => values[index] ?? 0);
    return { ...one, startsMs: column(one.startsMs), bytesIn: column(one.bytesIn), bytesOut: column(one.bytesOut) };
  });
  return { series: inRange, completeness: null };
}

function namesOf(series: readonly IntervalSeries[]) {
  return [...new Set(series.map(({ network }) => network))].map((name) => ({ name, labels: LABELS[name] ?? {} }));
}

function ledgerOf(series: readonly IntervalSeries[]): UsageSource {
  return { networks: async () => namesOf(series), usage: async (selection) => usageOf(series, selection) };
}

interface Case {
  readonly ledger: readonly IntervalSeries[];
  /** By time zone. */
  readonly pushed: Readonly<Record<string, readonly IntervalSeries[]>>;
  readonly later?: readonly IntervalSeries[];
  readonly isPending?: ReconcileSources["isPending"];
  readonly options?: Partial<ReconcileOptions>;
}

async function resultOf({ ledger, pushed, later, isPending = () => false, options }: Case): Promise<ReconcileResult> {
  const sources: ReconcileSources = {
    ledger: ledgerOf(ledger),
    isPending,
    prometheus: {
      networks: async (_start, _end, labels) => {
        expect(labels).toMatchObject({ instance: "edge-01", period: "202610" });
        return namesOf(pushed[labels["time_zone"] ?? ""] ?? []);
      },
      series: async (selection) => {
        expect(selection.selector["instance"]).toBe("edge-01");
        return usageOf(pushed[selection.timeZone] ?? [], selection).series;
      },
    },
    openLedger: () => ({ ...ledgerOf(later ?? ledger), [Symbol.asyncDispose]: async () => undefined }),
  };
  const comparisons: SeriesComparison[] = [];
  const zones = { zones: [UTC], timeZonesOf: () => ["UTC"] };
  const times = { retainedFromMs: START_MS - 86_400_000, nowMs: END_MS + 86_400_000 };
  for await (const one of reconcile(sources, { instance: "edge-01", ...zones, ...times, ...options }))
    comparisons.push(one);
  return { month: "2026-10", instance: "edge-01", comparisons };
}

describe("reconcile", () => {
  it("finds nothing where both have the same", async () => {
    const series = [seriesOf("acme", { 0: 5, 1: 0x1fffffffffffff, 8: 1 }), seriesOf("other", { 3: 9 }, "eth1")];
    const result = await resultOf({ ledger: series, pushed: { UTC: series } });
    expect(countsOf(result)).toMatchObject({ compared: 8, equal: 8, pending: 0, forgotten: 0 });
    expect(result.comparisons.map(({ network, interface: name, direction }) => [network, name, direction])).toEqual([
      ["acme", "eth0", "in"],
      ["acme", "eth0", "out"],
      ["other", "eth1", "in"],
      ["other", "eth1", "out"],
    ]);
  });

  it("lists other bytes, and what either side lacks", async () => {
    const ledger = [seriesOf("acme", { 0: 5, 1: 7, 2: 9 }), seriesOf("other", { 4: 3 })];
    const pushed = [seriesOf("acme", { 0: 5, 1: 6, 3: 8 })];
    const result = await resultOf({ ledger, pushed: { UTC: pushed } });
    const counts = { compared: 10, equal: 2, different: 2, missingThere: 4, missingHere: 2 };
    expect(countsOf(result)).toEqual({ ...counts, pending: 0, forgotten: 0 });
    expect(result.comparisons[0]?.differences).toEqual([
      { startMs: START_MS + INTERVAL_MS, ledgerBytes: 7, prometheusBytes: 6 },
      { startMs: START_MS + 2 * INTERVAL_MS, ledgerBytes: 9, prometheusBytes: null },
      { startMs: START_MS + 3 * INTERVAL_MS, ledgerBytes: null, prometheusBytes: 8 },
    ]);
  });

  it("takes what is missing there for pending while it is on its way, and compares it once it is there", async () => {
    const ledger = [seriesOf("acme", { 0: 5, 1: 7, 2: 9 })];
    const pushed = { UTC: [seriesOf("acme", { 0: 4 })] };
    const isPending = (name: string, startMs: number): boolean => name === "eth0" && startMs <= START_MS + INTERVAL_MS;
    const result = await resultOf({ ledger, pushed, isPending });
    expect(countsOf(result)).toMatchObject({ compared: 4, different: 2, missingThere: 2, pending: 2 });
  });

  it("gives a receiver a minute to show what it has accepted", async () => {
    const ledger = [seriesOf("acme", { 0: 5, 1: 7 })];
    const nowMs = START_MS + 2 * INTERVAL_MS + 59_000;
    const result = await resultOf({ ledger, pushed: {}, options: { nowMs } });
    expect(countsOf(result)).toMatchObject({ compared: 2, missingThere: 2, pending: 2 });
  });

  it("tells what the ledger has forgotten from what it never had", async () => {
    const ledger = [seriesOf("acme", { 2: 5 })];
    const pushed = { UTC: [seriesOf("acme", { 0: 5, 1: 5, 2: 5 })] };
    const result = await resultOf({ ledger, pushed, options: { retainedFromMs: START_MS + INTERVAL_MS } });
    expect(countsOf(result)).toMatchObject({ compared: 4, equal: 2, forgotten: 2, missingHere: 2 });
  });

  it("looks into the ledger again for what came into both meanwhile", async () => {
    const ledger = [seriesOf("acme", { 0: 5 })];
    const later = [seriesOf("acme", { 0: 5, 1: 6, 2: 7 })];
    const result = await resultOf({ ledger, later, pushed: { UTC: [seriesOf("acme", { 0: 5, 1: 6 })] } });
    expect(countsOf(result)).toMatchObject({ compared: 4, equal: 4, pending: 0 });
  });

  it("asks in the zones of a network's contracts, and compares what was pushed in others before", async () => {
    const ledger = [seriesOf("acme", { [-1]: 2, 0: 5, 1: 7 }), seriesOf("other", { 0: 1 })];
    const berlin = [seriesOf("acme", { [-1]: 2, 1: 7 })];
    const pushed = { UTC: [seriesOf("acme", { 0: 6 }), seriesOf("other", { 0: 1 })], "Europe/Berlin": berlin };
    const timeZonesOf = ({ customer }: Readonly<Record<string, string>>): string[] => [
      customer === "acme" ? "Europe/Berlin" : "UTC",
    ];
    const result = await resultOf({ ledger, pushed, options: { zones: [UTC, BERLIN], timeZonesOf } });
    expect(countsOf(result)).toMatchObject({ equal: 6, different: 2, missingThere: 2, missingHere: 0 });
    const zones = result.comparisons
      .filter(({ differences }) => differences.length > 0)
      .map(({ timeZone }) => timeZone);
    expect(zones).toEqual(["UTC", "UTC", "Europe/Berlin", "Europe/Berlin"]);
  });
});

describe("the report of a reconciliation", () => {
  const ledger = [seriesOf("acme", { 0: 5, 1: 7, 2: 9, 3: 2 ** 53 - 1, 4: 2 ** 53 - 1, 9: 1 })];
  const pushed = { UTC: [seriesOf("acme", { 0: 4, 1: 6, 5: 3, 9: 1 })] };
  const isPending = (_: string, startMs: number): boolean => startMs === START_MS + 2 * INTERVAL_MS;

  it("joins consecutive intervals that differ alike, with exact sums", async () => {
    const rows = [...differenceRows(await resultOf({ ledger, pushed, isPending }))].filter((row) => row[4] === "in");
    const key = ["acme", "eth0", "in", "UTC"];
    expect(rows).toEqual([
      ["2026-10-01T00:00Z", "2026-10-01T00:10Z", ...key, "12", "10"],
      ["2026-10-01T00:15Z", "2026-10-01T00:25Z", ...key, "18014398509481982", "missing"],
      ["2026-10-01T00:25Z", "2026-10-01T00:30Z", ...key, "missing", "3"],
    ]);
  });

  it("sums up in words", async () => {
    expect(summaryLines(await resultOf({ ledger, pushed, isPending }))).toEqual([
      "2026-10, edge-01: 12 compared, 2 equal, 4 different, 4 missing in Prometheus, 2 missing in the ledger",
      "2 pending: on their way to Prometheus",
      "different: bytes that came after an interval was pushed (late bytes) are in the ledger alone",
      "missing in Prometheus: see acct-agent dead-letter list, and dropped samples in acct-agent status",
      "missing in the ledger: it is another one, or another agent pushes by this instance",
    ]);
  });

  it("lists each difference in JSON", async () => {
    const text = [...reconcileJson(await resultOf({ ledger, pushed, isPending }))].join("");
    const { differences, ...counts } = JSON.parse(text);
    expect(counts).toEqual({
      month: "2026-10",
      instance: "edge-01",
      compared: 12,
      equal: 2,
      pending: 2,
      past_retention: 0,
      missing_in_prometheus: 4,
      missing_in_ledger: 2,
    });
    expect(differences).toHaveLength(10);
    expect(differences[0]).toEqual({
      from: "2026-10-01T00:00:00.000Z",
      to: "2026-10-01T00:05:00.000Z",
      network: "acme",
      interface: "eth0",
      direction: "in",
      time_zone: "UTC",
      ledger_bytes: 5,
      prometheus_bytes: 4,
    });
    expect(differences[2]).toMatchObject({ ledger_bytes: 2 ** 53 - 1, prometheus_bytes: null });
  });

  it("is JSON without differences, too", async () => {
    const text = [...reconcileJson(await resultOf({ ledger: [], pushed: {} }))].join("");
    expect(JSON.parse(text)).toMatchObject({ compared: 0, equal: 0, pending: 0, differences: [] });
  });
});
