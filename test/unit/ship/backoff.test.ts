import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { waitAfterMs } from "../../../src/ship/backoff.ts";

const RETRY = { kind: "retry", reason: "HTTP 503", retryAfterMs: null } as const;

describe("waitAfterMs", () => {
  it("doubles from 1 s to 60 s", () => {
    const waits = [1, 2, 3, 4, 5, 6, 7, 8, 2000].map((failures) => waitAfterMs(RETRY, failures, 0.5));
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  });

  it("stays within 10 % of that, and uses both sides", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (failures, random) => {
          const middle = waitAfterMs(RETRY, failures, 0.5);
          const wait = waitAfterMs(RETRY, failures, random);
          expect(Math.abs(wait - middle)).toBeLessThanOrEqual(middle * 0.1 + 1);
        },
      ),
    );
    expect(waitAfterMs(RETRY, 1, 0)).toBe(900);
    expect(waitAfterMs(RETRY, 1, 0.999)).toBe(1100);
  });

  it("lets Retry-After win, shorter or longer", () => {
    expect(waitAfterMs({ ...RETRY, retryAfterMs: 3000 }, 10, 0)).toBe(3000);
    expect(waitAfterMs({ ...RETRY, retryAfterMs: 600_000 }, 1, 0)).toBe(600_000);
  });

  it("probes each minute what an operator has to mend", () => {
    const reason = "x";
    expect(waitAfterMs({ kind: "hold", reason }, 5, 0)).toBe(60_000);
  });
});
