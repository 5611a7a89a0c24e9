// What is billed: cliffs, directions and aggregations, and all choices together against a slow computation.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { Bill } from "../../../src/billing/bill.ts";
import type { IntervalSeries } from "../../../src/billing/interval-series.ts";
import { AGGREGATIONS, type Contract, DIRECTIONS, GAP_POLICIES } from "../../../src/model/contract.ts";
import { billed, INTERVAL_MS, MBPS_BYTES, periodOf, seriesOf, times } from "./billing-fixture.ts";
import { oracleFigures } from "./bill-oracle.ts";

const OCTOBER_MS = Date.parse("2026-10-01");
const NOVEMBER_MS = Date.parse("2026-11-01");
const DAY_MS = Date.parse("2026-10-16");
/** A period of one day, 288 intervals of which 14 are free. */
const DAY: Partial<Contract> = { starts: "2026-10-16", ends: "2026-10-16", partialMonths: "own_period" };

const billOf = (series: readonly IntervalSeries[], changes: Partial<Contract> = {}, month = "2026-10"): Bill =>
  billed(series, changes, periodOf(changes, month)).bill;
const dayBill = (bytesIn: readonly (number | null)[], changes: Partial<Contract> = {}, out?: readonly number[]): Bill =>
  billOf([seriesOf(DAY_MS, bytesIn, out === undefined ? {} : { out })], { ...DAY, ...changes });

describe("the free twentieth", () => {
  it.each([
    ["2026-11", NOVEMBER_MS, 8640, 432],
    ["2026-10", OCTOBER_MS, 8928, 446],
  ])("of %s ends at %3$i intervals", (month, startMs, count, free) => {
    const bursts = (bursting: number): Bill =>
      billOf([seriesOf(startMs, [...times(bursting, 1000), ...times(count - bursting, 10)])], {}, month);
    expect(bursts(free)).toMatchObject({ billableBytes: 10, billableAtMs: startMs + free * INTERVAL_MS });
    expect(bursts(free + 1)).toMatchObject({
      billableBytes: 1000,
      billableAtMs: startMs,
      intervalsExpected: count,
      ranked: count,
      discarded: free,
      rank: free + 1,
      status: "provisional",
      period: month,
    });
  });

  it("is of the intervals to date while the month goes on", () => {
    const period = periodOf({}, "2026-10", "2026-10-02T00:00Z");
    const { bill } = billed([seriesOf(OCTOBER_MS, [...times(14, 1000), ...times(274, 10)])], {}, period);
    expect(bill).toMatchObject({ intervalsExpected: 288, discarded: 14, billableBytes: 10 });
  });
});

describe("directions", () => {
  // A day whose inbound is 30 and 5 in turn, whose outbound 5 and 40, and 15 intervals with 100 both ways.
  const inbound = [...times(15, 100), ...Array.from({ length: 273 }, (_, index) => (index % 2 === 0 ? 30 : 5))];
  const outbound = [...times(14, 90), 100, ...Array.from({ length: 273 }, (_, index) => (index % 2 === 0 ? 5 : 40))];
  const at = (index: number): number => DAY_MS + index * INTERVAL_MS;

  it.each([
    ["max_of_percentiles", 100, "in", at(0)],
    ["in", 100, "in", at(0)],
    ["out", 90, "out", at(0)],
    ["percentile_of_max", 100, "in", at(0)],
    ["percentile_of_sum", 190, "both", at(0)],
    ["sum_of_percentiles", 190, "both", null],
  ] as const)("%s", (direction, bytes, side, atMs) => {
    expect(dayBill(inbound, { direction }, outbound)).toMatchObject({
      p95InBytes: 100,
      p95OutBytes: 90,
      billableBytes: bytes,
      billableDirection: side,
      billableAtMs: atMs,
    });
  });

  it("of the same value are billed as in", () => {
    expect(dayBill(times(288, 7), {}, times(288, 7)).billableDirection).toBe("in");
    expect(dayBill(times(288, 7), { direction: "percentile_of_max" }, times(288, 7)).billableDirection).toBe("in");
  });

  it("take the larger one of the billed interval under percentile_of_max", () => {
    const turn = [...times(144, 0), ...times(144, 9)];
    expect(dayBill(turn, { direction: "percentile_of_max" }, turn.toReversed())).toMatchObject({
      billableDirection: "out",
      billableAtMs: DAY_MS,
    });
  });
});

describe("several networks and sites", () => {
  // Two sites that are busy at different halves of the day.
  const sites = [
    seriesOf(DAY_MS, [...times(144, 50), ...times(144, 10)]),
    seriesOf(DAY_MS, [...times(144, 10), ...times(144, 50)], { instance: "edge-02" }),
  ];

  it("are billed by what they had together, or by a percentile of each", () => {
    expect(billOf(sites, DAY)).toMatchObject({ billableBytes: 60, billableAtMs: DAY_MS });
    expect(billOf(sites, { ...DAY, aggregation: "sum_of_percentiles" })).toMatchObject({
      billableBytes: 100,
      p95InBytes: 100,
      billableAtMs: null,
      billableDirection: "in",
    });
  });

  it("are one unit where they are interfaces of one network at one agent", () => {
    const interfaces = sites.map((one, index) => ({ ...one, instance: "edge-01", interface: `eth${index}` }));
    expect(billOf(interfaces, { ...DAY, aggregation: "sum_of_percentiles" })).toMatchObject({
      billableBytes: 60,
      billableAtMs: DAY_MS,
    });
  });

  it("count an interval above the commit by what they had together", () => {
    const mbps = sites.map((one) => ({ ...one, bytesIn: one.bytesIn.map((bytes) => bytes * MBPS_BYTES) }));
    const above = (commit: number, changes: Partial<Contract>): number | null =>
      billOf(mbps, { ...DAY, commitBps: commit * 1e6, aggregation: "sum_of_percentiles", ...changes })
        .intervalsAboveCommit;
    expect([above(59, {}), above(60, {})]).toEqual([288, 0]);
    // 50 and 50 out: each site's larger direction, then added.
    const turned = [mbps[0], mbps[1] && { ...mbps[1], bytesIn: mbps[1].bytesOut, bytesOut: mbps[1].bytesIn }];
    const series = turned.filter((one) => one !== undefined);
    const bill = billOf(series, {
      ...DAY,
      commitBps: 59e6,
      aggregation: "sum_of_percentiles",
      direction: "percentile_of_max",
    });
    expect(bill).toMatchObject({ intervalsAboveCommit: 288, billableDirection: "both", billableAtMs: null });
    expect(bill.billableBytes).toBe(100 * MBPS_BYTES);
  });
});

describe("every choice", () => {
  const column = fc.array(fc.option(fc.nat(60), { freq: 12 }), { minLength: 288, maxLength: 288 });
  const site = fc.record({
    instance: fc.constantFrom("a", "b"),
    network: fc.constantFrom("x", "y"),
    bytesIn: column,
    out: fc.array(fc.nat(60), { minLength: 288, maxLength: 288 }),
  });

  it("agrees with a slow computation from the words of the rule", () => {
    const choices = fc.record({
      sites: fc.array(site, { minLength: 1, maxLength: 4 }),
      direction: fc.constantFrom(...DIRECTIONS),
      aggregation: fc.constantFrom(...AGGREGATIONS),
      gaps: fc.constantFrom(...GAP_POLICIES),
      percentilePerMille: fc.constantFrom(950, 975, 900, 500, 1000),
    });
    fc.assert(
      fc.property(choices, ({ sites, ...changes }) => {
        const series = sites.map(({ bytesIn, ...rest }, index) =>
          seriesOf(DAY_MS, bytesIn, { ...rest, interface: `eth${index}` }),
        );
        const { billableBytes, billableAtMs, p95InBytes, p95OutBytes, ranked, coverage } = billOf(series, {
          ...DAY,
          ...changes,
        });
        const index = billableAtMs === null ? null : (billableAtMs - DAY_MS) / INTERVAL_MS;
        expect({ billableBytes, index, p95InBytes, p95OutBytes, ranked, coverage }).toEqual(
          oracleFigures(sites, changes),
        );
      }),
      { numRuns: 200 },
    );
  });
});

describe("a thousand bills", () => {
  it("take seconds at most", () => {
    const period = periodOf();
    const month = seriesOf(
      OCTOBER_MS,
      Array.from({ length: 8928 }, (_, index) => (index * 7_919) % 104_729),
    );
    const startedMs = performance.now();
    for (let count = 0; count < 100; count++) billed([month], { commitBps: 1000 }, period);
    // Many times what they take, for a machine that is busy.
    expect(performance.now() - startedMs).toBeLessThan(1000);
  });
});
