import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { scaleUpTo } from "../../../../src/billing/html/chart-scale.ts";
import { columnRuns, envelope } from "../../../../src/billing/html/envelope.ts";
import { areaPath } from "../../../../src/billing/html/svg.ts";

const LAYOUT = { columns: 840, slots: 8928, first: 0 };
const PLOT = { left: 0, top: 0, width: 840, height: 100 };

describe("envelope", () => {
  it("keeps every peak and every dip, wherever they are", () => {
    const index = fc.integer({ min: 0, max: 8927 });
    fc.assert(
      fc.property(index, index, (peak, dip) => {
        fc.pre(peak !== dip);
        const values = new Float64Array(8928).fill(5);
        values[peak] = 9;
        values[dip] = 1;
        const { least, greatest } = envelope(values, LAYOUT);
        expect([Math.min(...least), Math.max(...greatest)]).toEqual([1, 9]);
      }),
    );
  });

  it("has nothing in columns without values", () => {
    const { least, greatest } = envelope(new Float64Array(288).fill(3), { ...LAYOUT, first: 4464 });
    expect(greatest.findIndex((value) => value === 3)).toBe(420);
    expect([...least].filter((value) => value === 3)).toHaveLength(28);
    expect([greatest[419], greatest[448]]).toEqual([Number.NaN, Number.NaN]);
  });

  it("joins marked intervals to runs, and shows a single one", () => {
    expect(columnRuns(8928, LAYOUT, (index) => index === 8927)).toEqual([{ from: 839, to: 840 }]);
    expect(columnRuns(8928, LAYOUT, (index) => index < 30 || index === 5000)).toEqual([
      { from: 0, to: 3 },
      { from: 470, to: 471 },
    ]);
    expect(columnRuns(8928, LAYOUT, () => false)).toEqual([]);
  });
});

describe("scaleUpTo", () => {
  it("holds the greatest value under round ticks, for any value", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e16, noNaN: true }), (max) => {
        const { top, ticks } = scaleUpTo(max, "bps");
        expect(top).toBeGreaterThanOrEqual(max * (1 - 1e-9));
        expect(ticks.length).toBeGreaterThan(1);
        expect(ticks.length).toBeLessThan(7);
        expect(new Set(ticks.map(({ label }) => label)).size).toBe(ticks.length);
      }),
    );
  });

  it.each([
    [791e6, "Mbps", ["0", "200", "400", "600", "800"]],
    [969e6, "Mbps", ["0", "250", "500", "750", "1000"]],
    [4.1e9, "Gbps", ["0", "2", "4", "6"]],
    [0, "bps", ["0", "0.25", "0.5", "0.75", "1"]],
  ])("has short ticks up to %d", (max, unit, labels) => {
    const scale = scaleUpTo(max, "bps");
    expect([scale.unit, scale.ticks.map(({ label }) => label)]).toEqual([unit, labels]);
  });
});

describe("areaPath", () => {
  it("is drawn from the first column that has a value to the last", () => {
    const values = Float64Array.of(Number.NaN, 50, 100, 100, Number.NaN);
    const scale = { unit: "", ticks: [], top: 100 };
    expect(areaPath(PLOT, scale, values)).toBe("M1 100H1V50H2V0H4V100Z");
    expect(areaPath(PLOT, scale, new Float64Array(3).fill(Number.NaN))).toBe("");
  });
});
