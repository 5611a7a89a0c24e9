import { describe, expect, it } from "vitest";

import { type BilledContract, type BillingState, unbilledPeriods } from "../../../src/unbilled-periods.ts";

const DAY_MS = 86_400_000;
const RETENTION_MS = 100 * DAY_MS;
const OCTOBER_MS = Date.UTC(2026, 9, 1);
/** Five days before the first interval of October goes. */
const NOW_MS = OCTOBER_MS + RETENTION_MS - 5 * DAY_MS;
const CONTRACT: BilledContract = { customer: "acmecorp", name: null, timeZone: "UTC", starts: null, ends: null };
const STATE: BillingState = { bills: [], oldestIntervalMs: NOW_MS - RETENTION_MS };

function found(changes: Partial<BilledContract> = {}, state: Partial<BillingState> = {}, nowMs = NOW_MS) {
  return unbilledPeriods([{ ...CONTRACT, ...changes }], { ...STATE, ...state }, { nowMs, retentionMs: RETENTION_MS });
}

describe("months whose intervals go soon", () => {
  it("are told with the time at which the first one goes", () => {
    const erasedFromMs = OCTOBER_MS + RETENTION_MS;
    expect(found()).toEqual([{ customer: "acmecorp", name: null, period: "2026-10", erasedFromMs }]);
    expect(found({ timeZone: "Europe/Berlin" })).toMatchObject([{ erasedFromMs: erasedFromMs - 7_200_000 }]);
  });

  it("are not told once they have a final bill, of that very contract", () => {
    const bill = { customer: "acmecorp", name: null, period: "2026-10" };
    expect(found({}, { bills: [bill] })).toEqual([]);
    expect(found({}, { bills: [{ ...bill, name: "transit" }] })).toHaveLength(1);
    expect(found({}, { bills: [{ ...bill, period: "2026-09" }] })).toHaveLength(1);
  });

  it("are told from a week before until the first interval goes", () => {
    const goesMs = OCTOBER_MS + RETENTION_MS;
    const times = [goesMs - 8 * DAY_MS, goesMs - 7 * DAY_MS, goesMs - 1, goesMs];
    expect(times.map((nowMs) => found({}, {}, nowMs).length)).toEqual([0, 1, 1, 0]);
  });

  it("are not told where there is nothing to bill: no interval, or no day of the contract", () => {
    expect(found({}, { oldestIntervalMs: null })).toEqual([]);
    expect(found({}, { oldestIntervalMs: Date.UTC(2026, 10, 1) })).toEqual([]);
    expect(found({ starts: "2026-11-01" })).toEqual([]);
    expect(found({ ends: "2026-09-30" })).toEqual([]);
    expect(found({ starts: "2026-10-31", ends: "2026-10-31" })).toHaveLength(1);
  });
});
