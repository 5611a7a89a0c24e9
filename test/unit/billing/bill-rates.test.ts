// Rates, their rounding, the commit, and totals.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { Bill } from "../../../src/billing/bill.ts";
import type { IntervalSeries } from "../../../src/billing/interval-series.ts";
import type { Contract } from "../../../src/model/contract.ts";
import { billed, MBPS_BYTES, periodOf, seriesOf, times } from "./billing-fixture.ts";

const OCTOBER_MS = Date.parse("2026-10-01");
const DAY_MS = Date.parse("2026-10-16");
/** A period of one day, 288 intervals of which 14 are free. */
const DAY: Partial<Contract> = { starts: "2026-10-16", ends: "2026-10-16", partialMonths: "own_period" };

const billOf = (series: readonly IntervalSeries[], changes: Partial<Contract> = {}, month = "2026-10"): Bill =>
  billed(series, changes, periodOf(changes, month)).bill;
const dayBill = (bytesIn: readonly (number | null)[], changes: Partial<Contract> = {}, out?: readonly number[]): Bill =>
  billOf([seriesOf(DAY_MS, bytesIn, out === undefined ? {} : { out })], { ...DAY, ...changes });

describe("rates", () => {
  it("are bytes x 8 / 300, and exact in what exceeds the commit", () => {
    expect(dayBill(times(288, 1), { commitBps: 0 })).toMatchObject({
      billableBps: 8 / 300,
      overageBps: 8 / 300,
      maxInBps: 8 / 300,
      averageInBps: 8 / 300,
    });
    const bill = dayBill(times(288, 120 * MBPS_BYTES), { commitBps: 100_000_000 });
    expect(bill).toMatchObject({ billableBps: 120e6, overageBps: 20e6, intervalsAboveCommit: 288 });
  });

  it.each([
    ["up", 101e6],
    ["nearest", 100e6],
    ["down", 100e6],
  ] as const)("are rounded %s to a step, and what exceeds the commit afterwards", (mode, bps) => {
    const changes = { rounding: { stepBps: 1e6, mode }, commitBps: 90e6 };
    const bytes = 100 * MBPS_BYTES + 1;
    expect(dayBill(times(288, bytes), changes)).toMatchObject({
      billableBytes: bytes,
      billableBps: bps,
      overageBps: bps - 90e6,
    });
  });

  it("round the half up and leave multiples alone", () => {
    const rounded = (bytes: number, mode: "up" | "nearest" | "down"): number =>
      dayBill(times(288, bytes), { rounding: { stepBps: 1e6, mode } }).billableBps;
    expect(rounded(MBPS_BYTES / 2, "nearest")).toBe(1e6);
    expect(rounded(MBPS_BYTES / 2 - 1, "nearest")).toBe(0);
    expect((["up", "nearest", "down"] as const).map((mode) => rounded(3 * MBPS_BYTES, mode))).toEqual([3e6, 3e6, 3e6]);
  });

  it("are above a commit by a single byte", () => {
    const above = (bytes: number): number | null =>
      dayBill(times(288, bytes), { commitBps: 1_000_000 }).intervalsAboveCommit;
    expect([above(MBPS_BYTES), above(MBPS_BYTES + 1)]).toEqual([0, 288]);
    // A commit between two numbers of bytes: 3 bit/s are 112.5.
    const odd = (bytes: number): number | null => dayBill(times(288, bytes), { commitBps: 3 }).intervalsAboveCommit;
    expect([odd(112), odd(113)]).toEqual([0, 288]);
  });

  it("have no commit where the contract has none", () => {
    expect(dayBill(times(288, 1))).toMatchObject({
      commitBps: null,
      overageBps: null,
      intervalsAboveCommit: null,
      burstIntervalsLeft: null,
    });
  });
});

describe("totals", () => {
  it("are exact beyond 2^53", () => {
    const bill = billOf([seriesOf(OCTOBER_MS, times(8928, 2 ** 52 + 1), { out: times(8928, 3) })]);
    expect(bill.totalBytesIn).toBe(8928n * (2n ** 52n + 1n));
    expect(bill.totalBytesOut).toBe(8928n * 3n);
  });

  it("are what was billed of the month: conservation over days", () => {
    const bytes = fc.array(fc.nat(2 ** 50), { minLength: 288, maxLength: 288 });
    fc.assert(
      fc.property(bytes, (values) => {
        expect(dayBill(values).totalBytesIn).toBe(values.reduce((sum, value) => sum + BigInt(value), 0n));
      }),
      { numRuns: 20 },
    );
  });
});
