import { describe, expect, it } from "vitest";
import { clockSkewMs } from "../../../src/http/clock-skew.ts";

const NOW = Date.UTC(2026, 9, 16, 12, 0, 0);
const date = (timeMs: number): string => new Date(timeMs).toUTCString();

describe("clockSkewMs", () => {
  it("is local minus remote, taken in the middle of the exchange and of the header's second", () => {
    expect(clockSkewMs(date(NOW), NOW, NOW + 1000)).toBe(0);
    expect(clockSkewMs(date(NOW - 60_000), NOW, NOW + 1000)).toBe(60_000);
    expect(clockSkewMs(date(NOW + 60_000), NOW, NOW + 1000)).toBe(-60_000);
  });

  it("is unknown without a date, with one that is none, and where the exchange took longer than 2 s", () => {
    expect(clockSkewMs(null, NOW, NOW)).toBeNull();
    expect(clockSkewMs("soon", NOW, NOW)).toBeNull();
    expect(clockSkewMs(date(NOW), NOW, NOW + 2001)).toBeNull();
    expect(clockSkewMs(date(NOW), NOW, NOW - 3_600_000)).toBeNull();
  });
});
