import { describe, expect, it } from "vitest";
import { rate } from "../../../src/status/page/rates.ts";
import { stateOf } from "../../../src/status/page/state.ts";
import { standingOf } from "../../../src/status/page/view.ts";
import { age, clockTime, duration } from "../../../src/status/page/when.ts";
import type { EndpointStatus } from "../../../src/status/status.ts";
import type { BillToDate } from "../../../src/status/usage.ts";
import { STATUS, USAGE } from "../../support/status-fixture.ts";

describe("standingOf", () => {
  const [bill] = USAGE.bills;
  if (bill === undefined) throw new Error("the fixture has bills");
  const calm: BillToDate = {
    ...bill,
    commit_bps: 100e6,
    billable_bps: 50e6,
    burst_intervals: 400,
    burst_intervals_left: 300,
    projection: { best_bps: 40e6, same_bps: 50e6, worst_bps: 200e6 },
  };

  it.each<[string, Partial<BillToDate>]>([
    ["within", {}],
    ["within", { commit_bps: null, billable_bps: 1e12, burst_intervals: null, burst_intervals_left: null }],
    ["within", { billable_bps: 89.9e6 }],
    ["near", { billable_bps: 90e6 }],
    ["near", { billable_bps: 100e6 }],
    ["over", { billable_bps: 100_000_001 }],
    ["within", { burst_intervals_left: 40 }],
    ["near", { burst_intervals_left: 39 }],
    ["near", { burst_intervals_left: 0 }],
    ["lost", { burst_intervals_left: -1 }],
    ["near", { projection: { best_bps: 40e6, same_bps: 101e6, worst_bps: 200e6 } }],
  ])("is %s for %j", (standing, changed) => {
    expect(standingOf({ ...calm, ...changed })).toBe(standing);
  });
});

describe("stateOf", () => {
  const [central] = STATUS.endpoints;
  if (central === undefined) throw new Error("the fixture has endpoints");
  const wordsOf = (changed: Partial<EndpointStatus>): string =>
    stateOf({ ...STATUS, endpoints: [{ ...central, ...changed }] }).sentence;

  it.each<[string, Partial<EndpointStatus>]>([
    ["Counting and delivering.", { state: "sending", oldest_pending: "2026-11-21T14:00:00Z" }],
    ["central is behind.", { state: "sending", oldest_pending: "2026-11-21T13:50:00Z" }],
    ["central does not take what is sent.", { state: "retrying" }],
    ["central is held back until its cause is mended.", { state: "holding", oldest_pending: "2026-11-21T09:00:00Z" }],
    ["central refuses a part of what is sent; it has 3 dead letters.", { state: "bisecting", dead_letters: 3 }],
  ])("says: %s", (sentence, changed) => {
    expect(wordsOf(changed)).toBe(sentence);
  });

  it("puts what health says first, and once", () => {
    const reason = "eth1: no such interface";
    const interfaces = STATUS.interfaces.map((one) => (one.name === "eth1" ? { ...one, reason } : one));
    const state = stateOf({ ...STATUS, interfaces, health: `eth1 is not captured: ${reason}` });
    expect([state.level, state.sentence]).toEqual(["fault", `eth1 is not captured: ${reason}`]);
    expect(state.others).toEqual(["archive is behind; it does not take what is sent."]);
  });

  it("says the same as long as the state is the same", () => {
    const later = { ...STATUS, time: "2026-11-21T15:03:12.000Z" };
    expect(stateOf(later)).toEqual(stateOf(STATUS));
  });

  it("names an interface that missed something", () => {
    const interfaces = STATUS.interfaces.map((one) => ({ ...one, completeness: one.name === "eth1" ? 0.9998 : 1 }));
    const state = stateOf({ ...STATUS, endpoints: [], interfaces });
    expect([state.level, state.sentence]).toEqual(["attention", "eth1 missed a part of its last window."]);
  });
});

describe("times", () => {
  const now = "2026-11-21T14:03:12.000Z";

  it.each([
    ["2026-11-21T14:03:12.000Z", "0 s ago"],
    ["2026-11-21T14:01:13.000Z", "119 s ago"],
    ["2026-11-21T14:01:12.000Z", "2 min ago"],
    ["2026-11-21T11:58:12.000Z", "2 h 5 min ago"],
    ["2026-11-18T09:43:12.000Z", "3 d 4 h ago"],
    ["2026-11-21T14:03:32.000Z", "20 s ahead"],
  ])("%s is %s", (time, words) => {
    expect(age(time, now)).toBe(words);
  });

  it("show the date where it is another day's", () => {
    expect(clockTime("2026-11-21T00:00:00.000Z", now)).toBe("00:00:00");
    expect(clockTime("2026-11-20T23:59:59.000Z", now)).toBe("2026-11-20 23:59");
    expect(duration(-5)).toBe("0 s");
  });
});

describe("rate", () => {
  it.each([
    [0, "0.00"],
    [1, "<0.01"],
    [9_999, "<0.01"],
    [10_000, "0.01"],
    [1_234_567_890, "1,234.57"],
  ])("of %d is %s", (bps, text) => {
    expect(rate(bps)).toBe(text);
  });
});
