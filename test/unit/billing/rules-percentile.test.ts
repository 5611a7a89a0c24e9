import { describe, expect, it } from "vitest";
import { discardedOf } from "../../../src/billing/percentile.ts";

/** A month with an hour more than 31 days. */
const MOST_INTERVALS = 8940;

interface Step {
  readonly count: number;
  readonly discarded: number;
}

/** quantile_over_time of `count` negated values, of which that at the rank from the top is `at`, its neighbours `near`. */
function interpolated({ count, discarded }: Step, at: number, near: number): number {
  const rank = (discarded / Math.max(count - 1, 0.5)) * (count - 1);
  const weight = rank - Math.floor(rank);
  const value = (index: number): number => (index === discarded ? -at : -near);
  const lower = Math.floor(rank);
  return value(lower) * (1 - weight) + value(Math.min(count - 1, lower + 1)) * weight;
}

/** What the rules make of it is not the value itself. */
function misses(step: Step, [at, near]: readonly [number, number]): boolean {
  return Math.round(Math.max(0 - interpolated(step, at, near), 0)) !== at;
}

/** Every number of values up to a month, with what is discarded of that many and of a month to date that has more of it. */
function steps(perMille: number): Step[] {
  return Array.from({ length: MOST_INTERVALS }, (_, index) => index + 1).flatMap((count) =>
    [count, Math.floor(count * 1.01), count + 100, MOST_INTERVALS]
      .map((elapsed) => ({ count, discarded: discardedOf(Math.min(elapsed, MOST_INTERVALS), perMille) }))
      .filter(({ discarded }) => discarded < count),
  );
}

const JUMPS = [
  [8_000_000_000_000, 0],
  [0, 8_000_000_000_000],
  [2 ** 50 - 1, 2 ** 50 - 8_000_000_000_000],
  [123_456_789, 8_000_000_000_001],
] as const;

describe("the interpolated quantile of negated bytes, rounded", () => {
  it.each([950, 990, 999, 1000])(
    "is the sample to the byte for every number of values, with 200 Gbit/s between ranks, at %i per mille",
    (perMille) => {
      const missed = steps(perMille).flatMap((step) => JUMPS.filter((jump) => misses(step, jump)).map(() => step));
      expect(missed).toEqual([]);
    },
  );

  it.each([500, 100])("is so at %i per mille with 10 Gbit/s between ranks", (perMille) => {
    const jumps = [
      [400_000_000_000, 0],
      [0, 400_000_000_000],
    ] as const;
    const missed = steps(perMille).flatMap((step) => jumps.filter((jump) => misses(step, jump)).map(() => step));
    expect(missed).toEqual([]);
  });

  it("would not be exact without being rounded", () => {
    expect(steps(950).filter((step) => -interpolated(step, 0, 8e12) !== 0)).not.toEqual([]);
  });

  it("has no rank where no more values are there than are discarded", () => {
    const phi = [1, 2, 3, 400].map((count) => count / Math.max(count - 1, 0.5));
    expect(phi.every((one) => one > 1)).toBe(true);
  });
});
