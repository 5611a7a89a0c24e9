// Which intervals count, which are expected, and which are missing.

import { describe, expect, it } from "vitest";

import type { BillPeriod } from "../../../src/billing/bill-period.ts";
import type { IntervalSeries } from "../../../src/billing/interval-series.ts";
import { gapsOf, type MonthGrid, monthGrid } from "../../../src/billing/month-grid.ts";
import type { Contract } from "../../../src/model/contract.ts";
import { INTERVAL_MS, periodOf, seriesOf, times } from "./billing-fixture.ts";

/** A period of one day, 288 intervals, unless told otherwise. */
const DAY: Partial<Contract> = { starts: "2026-10-16", ends: "2026-10-16", partialMonths: "own_period" };
const DAY_MS = Date.parse("2026-10-16");

const gridOf = (series: readonly IntervalSeries[], period: BillPeriod = periodOf(DAY)): MonthGrid =>
  monthGrid(period, { series, completeness: null });

/** Gaps as indexes into the day. */
const gaps = (grid: MonthGrid): [number, number][] =>
  gapsOf(grid).map(({ startMs, endMs }) => [(startMs - DAY_MS) / INTERVAL_MS, (endMs - DAY_MS) / INTERVAL_MS]);

const sum = (counts: Uint32Array): number => counts.reduce((total, count) => total + count, 0);

describe("a grid", () => {
  it("adds the series in each interval", () => {
    const grid = gridOf([
      seriesOf(DAY_MS, [1, 2, 3], { out: [10, 20, 30] }),
      seriesOf(DAY_MS, [null, 5], { out: [0, 50], interface: "eth1" }),
    ]);
    expect(grid.bytesIn.length).toBe(288);
    expect([...grid.bytesIn.subarray(0, 4)]).toEqual([1, 7, 3, 0]);
    expect([...grid.bytesOut.subarray(0, 4)]).toEqual([10, 70, 30, 0]);
    expect([...grid.present.subarray(0, 4)]).toEqual([1, 2, 1, 0]);
  });

  it("has the first interval of the period and not the one at its end", () => {
    const around = seriesOf(DAY_MS - INTERVAL_MS, [100, 1, ...times(286, 0), 2, 200]);
    const grid = gridOf([around]);
    expect([grid.bytesIn[0], grid.bytesIn[287]]).toEqual([1, 2]);
    expect(sum(grid.present)).toBe(288);
  });

  it("leaves out what the contract does not cover of a whole month", () => {
    const whole = { ...DAY, partialMonths: "whole_month" } as const;
    const monthMs = Date.parse("2026-10-01");
    const grid = gridOf([seriesOf(monthMs, times(8928, 1))], periodOf(whole));
    expect(grid.bytesIn.length).toBe(8928);
    expect([sum(grid.present), sum(grid.expected)]).toEqual([288, 288]);
    expect([grid.bytesIn[15 * 288 - 1], grid.bytesIn[15 * 288], grid.bytesIn[16 * 288]]).toEqual([0, 1, 0]);
    expect(gapsOf(grid)).toEqual([]);
  });
});

describe("an expected series", () => {
  it("is the earliest from the period's start, and another from its first interval on", () => {
    const grid = gridOf([
      seriesOf(DAY_MS + 10 * INTERVAL_MS, times(278, 1)),
      seriesOf(DAY_MS + 100 * INTERVAL_MS, times(180, 1), { instance: "edge-02" }),
    ]);
    expect([grid.expected[0], grid.expected[99], grid.expected[100], grid.expected[287]]).toEqual([1, 1, 2, 2]);
    expect(gaps(grid)).toEqual([
      [0, 10],
      [280, 288],
    ]);
  });

  it("is each of several that begin together", () => {
    const at = DAY_MS + 5 * INTERVAL_MS;
    const grid = gridOf([seriesOf(at, times(283, 1)), seriesOf(at, times(283, 1), { interface: "eth1" })]);
    expect(grid.expected[0]).toBe(2);
    expect(gaps(grid)).toEqual([[0, 5]]);
  });

  it("is one that is not known where none reported", () => {
    expect(gaps(gridOf([]))).toEqual([[0, 288]]);
    expect(gaps(gridOf([seriesOf(DAY_MS - INTERVAL_MS, [1])]))).toEqual([[0, 288]]);
  });

  it("leaves gaps that are runs of what any of them lacks", () => {
    const observed = times(288, 1);
    const lacking = (...indexes: number[]) => observed.map((bytes, index) => (indexes.includes(index) ? null : bytes));
    const grid = gridOf([
      seriesOf(DAY_MS, lacking(20, 21, 287)),
      seriesOf(DAY_MS, lacking(21, 22, 40), { network: "acme-ams" }),
    ]);
    expect(gaps(grid)).toEqual([
      [20, 23],
      [40, 41],
      [287, 288],
    ]);
  });
});

describe("a period that is not over", () => {
  const now = "2026-10-16T01:02:00Z"; // 12 intervals have ended, the last one two minutes ago.
  const toDate = periodOf({ ...DAY, ends: "2026-10-17" }, "2026-10", now);
  const lengthWith = (bytesIn: readonly (number | null)[]): number =>
    gridOf([seriesOf(DAY_MS, bytesIn)], toDate).present.length;

  it("ends where the last interval ended that a series has", () => {
    expect(lengthWith(times(12, 1))).toBe(12);
    expect(lengthWith(times(11, 1))).toBe(11);
    expect(lengthWith([...times(10, 1), null, 1])).toBe(12);
  });

  it("waits for no more than two intervals", () => {
    expect(lengthWith(times(10, 1))).toBe(10);
    expect(lengthWith(times(3, 1))).toBe(10);
    expect(gridOf([], toDate).present.length).toBe(10);
    expect(gaps(gridOf([seriesOf(DAY_MS, times(3, 1))], toDate))).toEqual([[3, 10]]);
  });

  it("may have no interval yet", () => {
    for (const at of ["2026-10-16T00:00:00Z", "2026-10-16T00:09:59Z"]) {
      expect(gridOf([], periodOf(DAY, "2026-10", at)).present.length).toBe(0);
    }
  });

  it("waits for nothing once the contract ended", () => {
    const ended = periodOf({ ends: "2026-10-15" }, "2026-10", now);
    expect(gridOf([], ended).present.length).toBe(15 * 288 + 12);
  });

  it("has all of its intervals once it is over", () => {
    expect(gridOf([], periodOf(DAY, "2026-10", "2026-10-17T00:00:00Z")).present.length).toBe(288);
  });
});
