import { describe, expect, it } from "vitest";
import { billedSeries } from "../../../../src/billing/html/billed-series.ts";
import { dayTotals } from "../../../../src/billing/html/daily-totals.ts";
import { DIRECTIONS } from "../../../../src/model/contract.ts";
import { billFixture, OCTOBER_MS, officeSeries } from "./bill-fixture.ts";

describe("billedSeries", () => {
  it.each(DIRECTIONS)("discards as many intervals as the bill, and none below its figure, for %s", (direction) => {
    const { bill, grid } = billFixture({ contract: { direction } });
    const series = billedSeries(bill, grid);
    const ranked = series.filter(({ discarded }) => discarded !== null);
    expect(ranked.length).toBeGreaterThan(0);
    for (const { bytes, descending, discarded, percentileBytes } of ranked) {
      const kept = bytes.filter((_, index) => discarded?.[index] === 0);
      expect(bytes.length - kept.length).toBe(bill.discarded);
      expect(Math.max(...kept)).toBe(percentileBytes);
      expect(descending[bill.discarded]).toBe(percentileBytes);
    }
  });

  it("never discards the billed interval, also where all are equal", () => {
    const one = officeSeries();
    const flat = { ...one, bytesIn: one.bytesIn.map(() => 7), bytesOut: one.bytesOut.map(() => 7) };
    const { bill, grid } = billFixture({ series: [flat] });
    const billed = billedSeries(bill, grid).find(({ isBilled }) => isBilled);
    expect(bill.billableAtMs).toBe(OCTOBER_MS);
    expect(billed?.discarded?.[0]).toBe(0);
  });

  it("leaves out what is not ranked where gaps are excluded", () => {
    const { bill, grid } = billFixture({ contract: { gaps: "exclude" } });
    const [first] = billedSeries(bill, grid);
    expect(first?.descending).toHaveLength(8940 - 43);
    expect(first?.descending[bill.discarded]).toBe(bill.p95InBytes);
  });

  it("marks no interval where percentiles of several series are added", () => {
    const series = [officeSeries(), officeSeries({ site: 2 })];
    const { bill, grid } = billFixture({ series, contract: { aggregation: "sum_of_percentiles" } });
    expect(billedSeries(bill, grid).map(({ discarded }) => discarded)).toEqual([null, null]);
  });
});

describe("dayTotals", () => {
  it("adds up to the bill's totals, with the day of 25 hours and the missing intervals in their place", () => {
    const { bill, grid } = billFixture();
    const days = dayTotals(bill, grid);
    expect(days.reduce((sum, day) => sum + day.bytesIn, 0n)).toBe(bill.totalBytesIn);
    expect(days.reduce((sum, day) => sum + day.bytesOut, 0n)).toBe(bill.totalBytesOut);
    expect(days.filter(({ intervals }) => intervals !== 288).map(({ date, intervals }) => [date, intervals])).toEqual([
      ["2026-10-25", 300],
    ]);
    expect(days.filter(({ missing }) => missing > 0).map(({ date, missing }) => [date, missing])).toEqual([
      ["2026-10-13", 43],
    ]);
  });
});
