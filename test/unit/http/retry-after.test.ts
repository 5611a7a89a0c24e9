import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { retryAfterMs } from "../../../src/http/retry-after.ts";

const NOW = Date.UTC(2026, 9, 16, 12, 0, 0);

describe("retryAfterMs", () => {
  it.each([
    ["1", 1000],
    [" 120 ", 120_000],
    ["0", 1000],
    ["600", 600_000],
    ["601", 600_000],
    ["99999999999999999999999", 600_000],
    ["Fri, 16 Oct 2026 12:00:30 GMT", 30_000],
    ["Fri, 16 Oct 2026 11:59:00 GMT", 1000],
    ["Sat, 17 Oct 2026 12:00:00 GMT", 600_000],
  ])("reads %j as %i ms", (header, expected) => {
    expect(retryAfterMs(header, NOW)).toBe(expected);
  });

  it.each([null, "", "soon", "-5", "1.5", "1e3", "0x10", "12 parsecs", "2026-10-16", "Foo, 99 Bar 2026 12:00:00 GMT"])(
    "ignores %j",
    (header) => {
      expect(retryAfterMs(header, NOW)).toBeNull();
    },
  );

  it("is null or within 1..600 s for any text", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.integer().map(String), fc.date().map(String)), (header) => {
        const waitMs = retryAfterMs(header, NOW);
        expect(waitMs === null || (waitMs >= 1000 && waitMs <= 600_000)).toBe(true);
      }),
    );
  });
});
