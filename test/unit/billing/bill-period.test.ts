import { describe, expect, it } from "vitest";

import { billPeriod, monthAt, monthBefore, monthText, usageSelection } from "../../../src/billing/bill-period.ts";
import { intervalsBetween } from "../../../src/model/calendar.ts";
import { contractOf, periodOf } from "./billing-fixture.ts";

const iso = (timeMs: number): string => new Date(timeMs).toISOString().replace(":00.000Z", "Z");
const HALF = { starts: "2026-10-16", ends: null };

describe("the period of a whole month", () => {
  // Days x 288, an hour of summer time 12; Lord Howe's is half an hour.
  it.each([
    ["UTC", "2026-02", 8064],
    ["UTC", "2028-02", 8352],
    ["UTC", "2026-11", 8640],
    ["UTC", "2026-12", 8928],
    ["Europe/Berlin", "2026-03", 8916],
    ["Europe/Berlin", "2026-10", 8940],
    ["America/New_York", "2026-03", 8916],
    ["America/New_York", "2026-11", 8652],
    ["Australia/Lord_Howe", "2026-04", 8646],
    ["Australia/Lord_Howe", "2026-10", 8922],
    ["Asia/Amman", "2022-02", 8052],
    ["Antarctica/Troll", "2026-10", 8952],
  ])("of %s, %s, has %i intervals", (timeZone, month, count) => {
    const { startMs, endMs, finalEndMs, isOver, coveredStartMs, coveredEndMs } = periodOf({ timeZone }, month);
    expect(intervalsBetween(startMs, endMs)).toBe(count);
    expect({ finalEndMs, isOver, coveredStartMs, coveredEndMs }).toEqual({
      finalEndMs: endMs,
      isOver: true,
      coveredStartMs: startMs,
      coveredEndMs: endMs,
    });
  });

  it("is null until it begins, and then goes up to the last interval that has ended", () => {
    const contract = contractOf({ timeZone: "Europe/Berlin" });
    const at = (now: string) => billPeriod(contract, "2026-10", Date.parse(now));
    expect(at("2026-09-30T21:59:59.999Z")).toBeNull();
    expect(at("2026-09-30T22:04:59.999Z")).toMatchObject({ isOver: false, endMs: at("2026-09-30T22:00Z")?.startMs });
    expect(iso(at("2026-10-05T12:34:56Z")?.endMs ?? 0)).toBe("2026-10-05T12:30Z");
    expect(at("2026-10-31T22:59:59.999Z")).toMatchObject({ isOver: false });
    expect(at("2026-10-31T23:00:00.000Z")).toMatchObject({ isOver: true, endMs: Date.parse("2026-10-31T23:00Z") });
  });
});

describe("a month that the contract covers in part", () => {
  it("counts whole, with the contract's days marked", () => {
    const period = periodOf({ ...HALF, timeZone: "Europe/Berlin" });
    expect(iso(period.startMs)).toBe("2026-09-30T22:00Z");
    expect(iso(period.coveredStartMs)).toBe("2026-10-15T22:00Z");
    expect(iso(period.coveredEndMs)).toBe("2026-10-31T23:00Z");
    expect([period.daysCovered, period.daysInMonth]).toEqual([16, 31]);
  });

  it.each(["own_period", "prorate"] as const)("is clipped under %s, both days included", (partialMonths) => {
    const terms = { starts: "2026-03-29", ends: "2026-03-30", timeZone: "Europe/Berlin", partialMonths };
    const period = periodOf(terms, "2026-03");
    // The first of the two days has 23 hours.
    expect([iso(period.startMs), iso(period.endMs)]).toEqual(["2026-03-28T23:00Z", "2026-03-30T22:00Z"]);
    expect(intervalsBetween(period.startMs, period.endMs)).toBe(47 * 12);
    expect([period.daysCovered, period.daysInMonth]).toEqual([2, 31]);
  });

  it("is over when the contract is, unless the whole month counts", () => {
    const now = "2026-10-20T00:00Z";
    const ends = "2026-10-10";
    expect(periodOf({ ends, partialMonths: "own_period" }, "2026-10", now).isOver).toBe(true);
    expect(periodOf({ ends }, "2026-10", now)).toMatchObject({ isOver: false, endMs: Date.parse(now) });
  });

  it("is null before the contract begins and after it ended", () => {
    const contract = contractOf({ starts: "2026-10-16", ends: "2026-12-15" });
    const at = (month: string, now: string) => billPeriod(contract, month, Date.parse(now));
    expect(at("2026-10", "2026-10-15T23:59:59Z")).toBeNull();
    expect(at("2026-10", "2026-10-16T00:00:00Z")).not.toBeNull();
    expect(["2026-09", "2027-01", "2025-11"].map((month) => at(month, "2030-01-01"))).toEqual([null, null, null]);
    expect(at("2026-11", "2030-01-01")).toMatchObject({ daysCovered: 30, daysInMonth: 30 });
    expect(at("2026-12", "2030-01-01")).toMatchObject({ daysCovered: 15, daysInMonth: 31 });
  });

  it("begins an hour late where summer time skips midnight", () => {
    const period = periodOf(
      { starts: "2026-03-08", timeZone: "America/Havana", partialMonths: "own_period" },
      "2026-03",
    );
    expect(iso(period.startMs)).toBe("2026-03-08T05:00Z");
  });

  it("covers the leap day", () => {
    const period = periodOf({ starts: "2028-02-29", partialMonths: "prorate" }, "2028-02");
    expect([period.daysCovered, period.daysInMonth, iso(period.startMs)]).toEqual([1, 29, "2028-02-29T00:00Z"]);
  });
});

describe("what a source is asked for", () => {
  it("is the contract's part of the period, to date", () => {
    const changes = { ...HALF, timeZone: "Europe/Berlin", selector: { customer: "acmecorp", site: "fra" } };
    const selection = usageSelection(contractOf(changes), periodOf(changes, "2026-10", "2026-10-20T00:01Z"));
    expect(selection).toEqual({
      selector: { customer: "acmecorp", site: "fra" },
      timeZone: "Europe/Berlin",
      period: "202610",
      startMs: Date.parse("2026-10-15T22:00Z"),
      endMs: Date.parse("2026-10-20T00:00Z"),
    });
    const ended = { ends: "2026-10-10" };
    expect(usageSelection(contractOf(ended), periodOf(ended)).endMs).toBe(Date.parse("2026-10-11"));
  });
});

describe("names of months", () => {
  it("are year and month", () => {
    expect(monthAt("America/New_York", Date.parse("2026-11-01T03:59:59Z"))).toBe("2026-10");
    expect([monthBefore("2026-10"), monthBefore("2026-01")]).toEqual(["2026-09", "2025-12"]);
    expect(monthText("202610")).toBe("2026-10");
  });
});
