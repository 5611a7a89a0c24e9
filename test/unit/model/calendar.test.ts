import { afterEach, describe, expect, it } from "vitest";

import { Calendar, intervalsBetween, type Month } from "../../../src/model/calendar.ts";

/** Offsets of whole hours, halves and quarters, zones that changed their offset or skipped a day, every DST habit. */
const ZONES = [
  ..."UTC Europe/Berlin Europe/London Europe/Lisbon Europe/Dublin Europe/Moscow Europe/Istanbul".split(" "),
  ..."Europe/Chisinau Atlantic/Azores Africa/Casablanca Africa/Cairo Africa/Lagos Africa/Johannesburg".split(" "),
  ..."America/New_York America/Chicago America/Los_Angeles America/Anchorage America/Halifax".split(" "),
  ..."America/Havana America/Sao_Paulo America/Asuncion America/Santiago America/Caracas America/Nuuk".split(" "),
  ..."America/Scoresbysund Asia/Kathmandu Asia/Kolkata Asia/Tehran Asia/Kabul Asia/Yangon Asia/Amman".split(" "),
  ..."Asia/Gaza Asia/Pyongyang Asia/Shanghai Asia/Tokyo Australia/Adelaide Australia/Eucla".split(" "),
  ..."Australia/Lord_Howe Australia/Sydney Pacific/Auckland Pacific/Chatham Pacific/Apia".split(" "),
  ..."Pacific/Kiritimati Pacific/Marquesas Pacific/Pago_Pago Pacific/Norfolk".split(" "),
];

const monthOf = (timeZone: string, text: string): Month =>
  new Calendar(timeZone).monthAt(Date.parse(`${text}-15T12:00:00Z`));

const intervals = ({ startMs, endMs }: Month): number => intervalsBetween(startMs, endMs);

const iso = (timeMs: number): string => new Date(timeMs).toISOString().replace(":00.000Z", "Z");

/** The zone's wall clock, `2026-10-01 00:00:00`: the oracle on each side of an edge. */
function wallClock(timeZone: string): (timeMs: number) => string {
  const format = new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "medium" });
  return (timeMs) => format.format(timeMs);
}

/** Every month of a zone from 2000 to 2040, each found from the end of the one before. */
function monthsOf(calendar: Calendar): Month[] {
  const months = [calendar.monthAt(Date.UTC(2000, 0, 15))];
  for (let month = months[0]; month && month.period < "204012";) {
    month = calendar.monthAt(month.endMs);
    months.push(month);
  }
  return months;
}

describe("a month", () => {
  it.each(ZONES)("of %s begins where the wall clock turns to it, on the billing grid, from 2000 to 2040", (zone) => {
    const clock = wallClock(zone);
    const periodAt = (timeMs: number): string => clock(timeMs).slice(0, 7).replace("-", "");
    const months = monthsOf(new Calendar(zone));
    const wrong = months.filter(({ period, startMs, endMs }, index) => {
      const before = months[index - 1];
      const edges = periodAt(startMs) === period && periodAt(endMs - 1) === period;
      const turns = periodAt(startMs - 1) < period && periodAt(endMs) > period;
      const tiles = before === undefined || before.endMs === startMs;
      return !edges || !turns || !tiles || startMs % 300_000 !== 0;
    });
    expect(wrong).toEqual([]);
    expect(months).toHaveLength(41 * 12);
    // 8064 is 28 days; an hour less where summer time begins in a February.
    expect(Math.min(...months.map(intervals))).toBeGreaterThanOrEqual(8052);
    expect(Math.max(...months.map(intervals))).toBeLessThanOrEqual(8940);
  });

  // Counted by hand from the zones' published rules: days x 288, one hour = 12.
  it.each([
    ["UTC", "2026-02", 28 * 288, "2026-02-01T00:00Z"],
    ["UTC", "2028-02", 29 * 288, "2028-02-01T00:00Z"],
    ["UTC", "2026-10", 31 * 288, "2026-10-01T00:00Z"],
    ["Europe/Berlin", "2026-10", 31 * 288 + 12, "2026-09-30T22:00Z"],
    ["Europe/Berlin", "2026-03", 31 * 288 - 12, "2026-02-28T23:00Z"],
    ["America/New_York", "2026-11", 30 * 288 + 12, "2026-11-01T04:00Z"],
    ["America/New_York", "2026-10", 31 * 288, "2026-10-01T04:00Z"],
    ["Australia/Lord_Howe", "2026-10", 31 * 288 - 6, "2026-09-30T13:30Z"],
    ["Australia/Lord_Howe", "2026-04", 30 * 288 + 6, "2026-03-31T13:00Z"],
    ["Pacific/Auckland", "2026-04", 30 * 288 + 12, "2026-03-31T11:00Z"],
    ["Asia/Kathmandu", "2026-06", 30 * 288, "2026-05-31T18:15Z"],
    // Turns back at 01:00 on the first of November: the month's first hour happens twice.
    ["America/Havana", "2026-11", 30 * 288 + 12, "2026-11-01T04:00Z"],
    // Has no 30 December 2011.
    ["Pacific/Apia", "2011-12", 30 * 288, "2011-12-01T10:00Z"],
    ["Pacific/Apia", "2012-01", 31 * 288, "2011-12-31T10:00Z"],
    // Ramadan of 2026 is 18 February to 19 March: an hour back, then forth.
    ["Africa/Casablanca", "2026-02", 28 * 288 + 12, "2026-01-31T23:00Z"],
    ["Africa/Casablanca", "2026-03", 31 * 288 - 12, "2026-03-01T00:00Z"],
    // Summer time began on the last Friday of February: the shortest month there is.
    ["Asia/Amman", "2022-02", 28 * 288 - 12, "2022-01-31T22:00Z"],
    // The one zone whose summer time is two hours: its October is longer than any other month.
    ["Antarctica/Troll", "2026-10", 31 * 288 + 24, "2026-09-30T22:00Z"],
  ])("of %s, %s, has %i intervals from %s", (zone, text, count, start) => {
    const month = monthOf(zone, text);
    expect([month.period, intervals(month), iso(month.startMs)]).toEqual([text.replace("-", ""), count, start]);
  });

  it("holds its first millisecond and not its end", () => {
    const calendar = new Calendar("Europe/Berlin");
    const month = calendar.monthAt(Date.parse("2026-10-15T00:00:00Z"));
    expect(calendar.monthAt(month.startMs)).toEqual(month);
    expect(calendar.monthAt(month.endMs - 1)).toEqual(month);
    expect(calendar.monthAt(month.endMs).period).toBe("202611");
    expect(calendar.monthAt(month.startMs - 1).period).toBe("202609");
    expect(new Calendar("Europe/Berlin").monthAt(month.startMs - 1).endMs).toBe(month.startMs);
  });

  it("knows the month before, across the year", () => {
    const calendar = new Calendar("Pacific/Auckland");
    const january = calendar.monthAt(Date.parse("2026-01-15T00:00:00Z"));
    const december = calendar.monthBefore(january);
    expect([december.period, iso(december.startMs)]).toEqual(["202512", "2025-11-30T11:00Z"]);
    expect(december.endMs).toBe(january.startMs);
    expect(calendar.monthBefore(december).period).toBe("202511");
    expect(calendar.monthAt(january.startMs)).toEqual(january);
  });

  it("is told apart from the same month of other zones", () => {
    const time = Date.parse("2026-10-31T23:30:00Z");
    const periods = ["UTC", "Europe/Berlin", "America/New_York"].map((zone) => new Calendar(zone).monthAt(time).period);
    expect(periods).toEqual(["202610", "202611", "202610"]);
  });

  it("needs a zone that the runtime knows", () => {
    expect(() => new Calendar("Europe/Atlantis")).toThrow(RangeError);
  });
});

describe("the host's own time zone", () => {
  const before = process.env["TZ"];
  afterEach(() => {
    if (before === undefined) delete process.env["TZ"];
    else process.env["TZ"] = before;
  });

  it.each([
    ["America/New_York", 300],
    ["Pacific/Kiritimati", -840],
    ["Pacific/Pago_Pago", 660],
    ["Asia/Kathmandu", -345],
  ])("%s changes no month of any zone", (hostZone, offsetMinutes) => {
    const year = (): Month[] =>
      ["UTC", "Europe/Berlin", "Pacific/Auckland"].flatMap((zone) =>
        Array.from({ length: 12 }, (_, index) => new Calendar(zone).monthAt(Date.UTC(2026, index, 1, 12))),
      );
    process.env["TZ"] = "UTC";
    const expected = year();
    process.env["TZ"] = hostZone;
    expect(new Date(Date.UTC(2026, 0, 1)).getTimezoneOffset()).toBe(offsetMinutes);
    expect(year()).toEqual(expected);
  });
});
