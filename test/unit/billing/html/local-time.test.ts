import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { localTime, utcStamp } from "../../../../src/billing/html/local-time.ts";
import { Calendar } from "../../../../src/model/calendar.ts";

const HOUR_MS = 3_600_000;

function daysOf(timeZone: string, period: string): ReturnType<ReturnType<typeof localTime>["days"]> {
  const { startMs, endMs } = new Calendar(timeZone).month(period);
  return localTime(timeZone).days(startMs, endMs);
}

describe("localTime", () => {
  it.each([
    { timeZone: "Europe/Berlin", period: "202610", count: 31, date: "2026-10-25", hours: 25 },
    { timeZone: "Europe/Berlin", period: "202603", count: 31, date: "2026-03-29", hours: 23 },
    { timeZone: "America/New_York", period: "202611", count: 30, date: "2026-11-01", hours: 25 },
    { timeZone: "Australia/Lord_Howe", period: "202604", count: 30, date: "2026-04-05", hours: 24.5 },
    { timeZone: "Asia/Beirut", period: "202603", count: 31, date: "2026-03-29", hours: 23 },
    { timeZone: "Asia/Kolkata", period: "202610", count: 31, date: "2026-10-25", hours: 24 },
    { timeZone: "Pacific/Apia", period: "201112", count: 30, date: "2011-12-31", hours: 24 },
  ])("has the days of $timeZone in $period, where the clocks change", ({ timeZone, period, count, date, hours }) => {
    const days = daysOf(timeZone, period);
    expect(days).toHaveLength(count);
    const changed = days.find((day) => day.date === date);
    expect(((changed?.endMs ?? 0) - (changed?.startMs ?? 0)) / HOUR_MS).toBe(hours);
  });

  it("leaves no time out and counts none twice, in any zone and year", () => {
    const zones = fc.constantFrom(...Intl.supportedValuesOf("timeZone"));
    const month = fc.integer({ min: 2015 * 12, max: 2030 * 12 });
    const check = fc.property(zones, month, (timeZone, index) => {
      const period = `${Math.floor(index / 12)}${String((index % 12) + 1).padStart(2, "0")}`;
      const { startMs, endMs } = new Calendar(timeZone).month(period);
      const days = localTime(timeZone).days(startMs, endMs);
      expect([days[0]?.startMs, days.at(-1)?.endMs]).toEqual([startMs, endMs]);
      for (const [at, day] of days.entries()) expect(days[at + 1]?.startMs ?? endMs).toBe(day.endMs);
      expect(new Set(days.map(({ date }) => date)).size).toBe(days.length);
      expect(days.every(({ date }) => date.replace("-", "").startsWith(period))).toBe(true);
    });
    fc.assert(check, { numRuns: 40 });
  });

  it("tells the two hours apart that the clock shows twice", () => {
    const { stamp } = localTime("Europe/Berlin");
    const first = Date.parse("2026-10-25T00:30:00Z");
    expect(stamp(first)).toBe("2026-10-25 02:30 CEST");
    expect(stamp(first + HOUR_MS)).toBe("2026-10-25 02:30 CET");
    expect(utcStamp(first)).toBe("2026-10-25 00:30 UTC");
  });

  it("begins and ends within a day where it is told to", () => {
    const start = Date.parse("2026-10-16T10:00:00Z");
    const days = localTime("UTC").days(start, start + 30 * HOUR_MS);
    expect(days.map(({ date, startMs, endMs }) => [date, (endMs - startMs) / HOUR_MS])).toEqual([
      ["2026-10-16", 14],
      ["2026-10-17", 16],
    ]);
  });
});
