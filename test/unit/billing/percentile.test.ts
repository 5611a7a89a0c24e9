import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";

import { discardedOf, percentile, valueAtRank } from "../../../src/billing/percentile.ts";

const published = z
  .object({
    examples: z.array(z.object({ id: z.string(), samples: z.array(z.number()), expected: z.number() })),
  })
  .parse(JSON.parse(readFileSync(new URL("../../fixtures/p95-published.json", import.meta.url), "utf8")));

/** All published values have three decimals at most. */
const scaled = (value: number): number => Math.round(value * 1000);
const p95 = (values: readonly number[]): number => percentile(Float64Array.from(values), 950);
const sortedDown = (values: readonly number[]): number[] => values.toSorted((a, b) => b - a);

const bytes = fc.oneof(fc.nat(5), fc.nat(2 ** 40), fc.maxSafeNat());
const samples = fc.array(bytes, { minLength: 1, maxLength: 400 });
/** Two directions of the same intervals, so that their sums stay below 2^53. */
const directions = fc.array(fc.tuple(fc.nat(2 ** 40), fc.nat(2 ** 40)), { minLength: 1, maxLength: 400 });
const perMilles = fc.integer({ min: 1, max: 1000 });

describe("published examples of the 95th percentile", () => {
  it.each(published.examples.map((example) => [example.id, example] as const))("%s", (_id, example) => {
    expect(p95(example.samples.map(scaled))).toBe(scaled(example.expected));
  });
});

describe("the percentile", () => {
  it("is the value of nearest rank, for any per mille", () => {
    fc.assert(
      fc.property(samples, perMilles, (values, perMille) => {
        const discarded = Number((BigInt(values.length) * BigInt(1000 - perMille)) / 1000n);
        expect(percentile(Float64Array.from(values), perMille)).toBe(sortedDown(values)[discarded]);
      }),
    );
  });

  it("has at most a twentieth of the intervals above it, and more at or above it", () => {
    fc.assert(
      fc.property(samples, (values) => {
        const billed = p95(values);
        expect(values).toContain(billed);
        const free = Math.floor(values.length / 20);
        expect(values.filter((value) => value > billed).length).toBeLessThanOrEqual(free);
        expect(values.filter((value) => value >= billed).length).toBeGreaterThan(free);
      }),
    );
  });

  it("does not depend on the order, and leaves the values as they are", () => {
    fc.assert(
      fc.property(samples, (values) => {
        const given = Float64Array.from(values);
        percentile(given, 950);
        expect([...given]).toEqual(values);
        expect(p95(values.toReversed())).toBe(p95(values));
        expect(p95(sortedDown(values))).toBe(p95(values));
      }),
    );
  });

  it("scales with the values, and does not fall where one of them rises", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(2 ** 40), { minLength: 1 }), fc.nat(), fc.nat(2 ** 20), (values, which, more) => {
        expect(p95(values.map((value) => value * 7))).toBe(7 * p95(values));
        const index = which % values.length;
        expect(p95(values.with(index, (values[index] ?? 0) + more))).toBeGreaterThanOrEqual(p95(values));
      }),
    );
  });

  it("never rises by one more zero", () => {
    fc.assert(
      fc.property(samples, (values) => {
        expect(p95([...values, 0])).toBeLessThanOrEqual(p95(values));
      }),
    );
  });

  it("of the larger directions lies between the larger of both and that of the sums", () => {
    fc.assert(
      fc.property(directions, (pairs) => {
        const [ins, outs] = [pairs.map(([value]) => value), pairs.map(([, value]) => value)];
        const ofMax = p95(pairs.map(([a, b]) => Math.max(a, b)));
        expect(Math.max(p95(ins), p95(outs))).toBeLessThanOrEqual(ofMax);
        expect(ofMax).toBeLessThanOrEqual(p95(pairs.map(([a, b]) => a + b)));
      }),
    );
  });

  it("of nothing is 0, of one value that value, and the hundredth the maximum", () => {
    expect(p95([])).toBe(0);
    expect(p95([7])).toBe(7);
    expect(percentile(Float64Array.from([3, 9, 1]), 1000)).toBe(9);
  });

  // Math.ceil(N x (1 - 0.95)) is one too many for each of these.
  it.each([
    [20, 1],
    [8064, 403],
    [8640, 432],
    [8928, 446],
    [8940, 447],
    [19, 0],
  ])("of %i intervals discards %i", (count, discarded) => {
    expect(discardedOf(count, 950)).toBe(discarded);
  });
});

describe("a rank", () => {
  it("beyond the last value is 0, and before the first the maximum", () => {
    const values = (): Float64Array => Float64Array.from([5, 2, 8]);
    expect([0, -9, 1, 2, 3, 4].map((rank) => valueAtRank(values(), rank))).toEqual([8, 8, 8, 5, 2, 0]);
    expect(valueAtRank(new Float64Array(0), 0)).toBe(0);
  });

  it.each([
    ["silent", () => 0],
    ["rising", (index: number) => index],
    ["falling", (index: number) => -index + 9000],
    ["up and down", (index: number) => Math.min(index, 8928 - index)],
    ["in steps", (index: number) => index % 3],
  ])("is found in linear time in a month that is %s", (_shape, value) => {
    const month = Float64Array.from({ length: 8928 }, (_, index) => value(index));
    const startedMs = performance.now();
    for (let round = 0; round < 200; round++) percentile(month, 950);
    // Sorting takes about a second; a quadratic selection minutes.
    expect(performance.now() - startedMs).toBeLessThan(2000);
  });
});
