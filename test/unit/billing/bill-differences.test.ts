import { describe, expect, it } from "vitest";

import { billDifferences, differenceLine } from "../../../src/billing/bill-differences.ts";

describe("the differences of two bills", () => {
  it("are the keys with other values, those inside by their path", () => {
    const was = { rank: 447, charge: { currency: "EUR", amount: "1.00" }, contract: { ends: null }, gaps: [] };
    const is = { rank: 448, charge: { currency: "EUR", amount: "2.00" }, contract: { ends: null }, gaps: [] };
    expect(billDifferences(was, is)).toEqual([
      { key: "rank", was: "447", is: "448" },
      { key: "charge.amount", was: '"1.00"', is: '"2.00"' },
    ]);
    expect(differenceLine(billDifferences(was, is))).toBe('rank was 447, is 448; charge.amount was "1.00", is "2.00"');
  });

  it("leave out the bill's place among its versions, and what a later program adds", () => {
    const was = { status: "final", version: 1, corrects: null, rank: 1 };
    expect(billDifferences(was, { status: "provisional", version: null, corrects: 3, rank: 1, more: 1 })).toEqual([]);
  });

  it("name what is missing or has become something else", () => {
    expect(billDifferences({ a: 1, charge: { amount: "1" } }, { charge: null })).toEqual([
      { key: "a", was: "1", is: "missing" },
      { key: "charge", was: '{"amount":"1"}', is: "null" },
    ]);
  });

  it("stay readable where a value is long", () => {
    const [difference] = billDifferences({ gaps: Array.from({ length: 1_000 }, () => "gap") }, { gaps: [] });
    expect(difference?.was).toHaveLength(203);
  });
});
