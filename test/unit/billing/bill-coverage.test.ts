// What a bill makes of time that nobody observed, that the contract does not cover, or that is still to come.

import { describe, expect, it } from "vitest";

import type { Bill } from "../../../src/billing/bill.ts";
import type { IntervalSeries } from "../../../src/billing/interval-series.ts";
import { type Contract, GAP_POLICIES } from "../../../src/model/contract.ts";
import { billed, INTERVAL_MS, MBPS_BYTES, periodOf, seriesOf, times } from "./billing-fixture.ts";

const OCTOBER_MS = Date.parse("2026-10-01");
const DAY_MS = Date.parse("2026-10-16");
/** A period of one day, 288 intervals of which 14 are free. */
const DAY: Partial<Contract> = { starts: "2026-10-16", ends: "2026-10-16", partialMonths: "own_period" };

const billOf = (series: readonly IntervalSeries[], changes: Partial<Contract> = {}, month = "2026-10"): Bill =>
  billed(series, changes, periodOf(changes, month)).bill;
const dayBill = (bytesIn: readonly (number | null)[], changes: Partial<Contract> = {}, out?: readonly number[]): Bill =>
  billOf([seriesOf(DAY_MS, bytesIn, out === undefined ? {} : { out })], { ...DAY, ...changes });

describe("gaps", () => {
  const half = [...times(140, 10), ...times(144, 0).map(() => null), ...times(4, 1000)];

  it("count as zeros, or are left out of what is ranked", () => {
    expect(dayBill(half)).toMatchObject({
      ranked: 288,
      discarded: 14,
      billableBytes: 10,
      intervalsObserved: 144,
      coverage: 0.5,
      gaps: [{ startMs: DAY_MS + 140 * INTERVAL_MS, endMs: DAY_MS + 284 * INTERVAL_MS }],
    });
    expect(dayBill(half, { gaps: "exclude" })).toMatchObject({
      intervalsExpected: 288,
      ranked: 144,
      discarded: 7,
      rank: 8,
      billableBytes: 10,
    });
  });

  it("that are left out do not lower the average", () => {
    expect(dayBill(half).averageInBps).toBe(((140 * 10 + 4 * 1000) * 8) / 300 / 288);
    expect(dayBill(half, { gaps: "exclude" }).averageInBps).toBe(((140 * 10 + 4 * 1000) * 8) / 300 / 144);
  });

  it("of one of several series leave the whole interval out", () => {
    const series = [seriesOf(DAY_MS, times(288, 10)), seriesOf(DAY_MS, [1, ...times(281, 1)], { network: "acme-ams" })];
    expect(billOf(series, { ...DAY, gaps: "exclude" })).toMatchObject({
      ranked: 282,
      intervalsObserved: 288,
      coverage: (288 + 282) / 576,
    });
  });

  it("that are left out are neither billed nor above the commit", () => {
    // Interval 3 lacks the second series, and alone has as much as both have together from then on.
    const series = [
      seriesOf(DAY_MS, [0, 0, 0, 11, ...times(284, 10)]),
      seriesOf(DAY_MS, [0, 0, 0, null, ...times(284, 1)], { network: "acme-ams" }),
    ];
    const bill = (gaps: Contract["gaps"]): Bill => billOf(series, { ...DAY, gaps, commitBps: 0 });
    expect(bill("zero")).toMatchObject({ intervalsAboveCommit: 285, billableAtMs: DAY_MS + 3 * INTERVAL_MS });
    expect(bill("exclude")).toMatchObject({ intervalsAboveCommit: 284, billableAtMs: DAY_MS + 4 * INTERVAL_MS });
  });

  it("reduce the burst budget where they are left out", () => {
    const changes = { commitBps: 0, direction: "out" } as const;
    expect(dayBill(half, changes).burstIntervalsLeft).toBe(14);
    expect(dayBill(half, { ...changes, gaps: "exclude" }).burstIntervalsLeft).toBe(7);
  });

  it.each(GAP_POLICIES)("are all there is where nothing reported: every figure is 0 (%s)", (gaps) => {
    expect(billOf([], { ...DAY, gaps, commitBps: 5 })).toMatchObject({
      intervalsExpected: 288,
      intervalsObserved: 0,
      coverage: 0,
      billableBytes: 0,
      billableBps: 0,
      averageInBps: 0,
      maxOutBps: 0,
      totalBytesIn: 0n,
      overageBps: 0,
      intervalsAboveCommit: 0,
    });
  });
});

describe("a month that the contract covers in part", () => {
  const series = [seriesOf(OCTOBER_MS, times(8928, 10))];
  const starts = "2026-10-31";

  it.each([
    ["whole_month", 8928, 0, 1],
    ["own_period", 288, 10, 1],
    ["prorate", 288, 10, 1],
  ] as const)("%s", (partialMonths, count, bytes, coverage) => {
    expect(billOf(series, { starts, partialMonths })).toMatchObject({
      intervalsExpected: count,
      intervalsObserved: 288,
      billableBytes: bytes,
      coverage,
      totalBytesIn: 2880n,
    });
  });

  it("ranks the other days of a whole month as zeros, also where gaps are excluded", () => {
    expect(billOf(series, { starts, gaps: "exclude" })).toMatchObject({ ranked: 8928, billableBytes: 0 });
  });
});

describe("a month that is not over", () => {
  const toDate = (bytesIn: readonly number[], changes: Partial<Contract> = {}, now = "2026-10-02T00:00Z"): Bill =>
    billed([seriesOf(OCTOBER_MS, bytesIn)], changes, periodOf(changes, "2026-10", now)).bill;
  const mbps = (bill: Bill): unknown[] => {
    const { bestBps, sameBps, worstBps } = bill.projection ?? {};
    return [bestBps, sameBps, worstBps].map((bps) => Number(bps) / 1e6);
  };

  it("may come to nothing, to the same, or to the maximum", () => {
    const day = [...times(20, 9 * MBPS_BYTES), ...times(268, 2 * MBPS_BYTES)];
    expect(mbps(toDate(day))).toEqual([0, 9, 9]);
    // 447 intervals of 2 Mbps and more cannot be discarded any more.
    const days = [...times(14, 9 * MBPS_BYTES), ...times(562, 2 * MBPS_BYTES)];
    expect(mbps(toDate(days, {}, "2026-10-03T00:00Z"))).toEqual([2, 2, 9]);
  });

  it("has its worst case in what is left of it", () => {
    // An hour before the end: 12 of the 446 free intervals can still be filled.
    const month = [...times(435, 9 * MBPS_BYTES), ...times(8481, 2 * MBPS_BYTES)];
    expect(mbps(toDate(month, {}, "2026-10-31T23:00Z"))).toEqual([2, 2, 9]);
    const calm = [...times(434, 9 * MBPS_BYTES), ...times(8482, 2 * MBPS_BYTES)];
    expect(mbps(toDate(calm, {}, "2026-10-31T23:00Z"))).toEqual([2, 2, 2]);
  });

  it("has nothing more to come where the contract ended", () => {
    const ended = toDate(times(288, MBPS_BYTES), { ends: "2026-10-01" });
    expect(ended.projection).toEqual({ bestBps: 0, sameBps: 1e6, worstBps: 0 });
  });

  it("may exceed the commit as often as the whole month allows", () => {
    const bill = toDate([...times(20, 9 * MBPS_BYTES), ...times(268, 0)], { commitBps: 5e6 });
    expect(bill).toMatchObject({ intervalsAboveCommit: 20, burstIntervalsLeft: 426 });
  });

  it("has figures of nothing before its first interval ended", () => {
    const bill = toDate([], {}, "2026-10-01T00:01Z");
    expect(bill).toMatchObject({ intervalsExpected: 0, ranked: 0, rank: 1, billableBytes: 0, billableAtMs: null });
    expect(bill).toMatchObject({ averageInBps: 0, coverage: 0, toMs: OCTOBER_MS });
  });

  it("has no projection once it is over", () => {
    expect(dayBill([1]).projection).toBeNull();
  });
});
