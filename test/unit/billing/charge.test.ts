// Money: exact until one rounding at the end, in the currency's own digits.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { chargeOf } from "../../../src/billing/charge.ts";
import { currencyDigits, moneyText } from "../../../src/billing/money.ts";
import { billableRate } from "../../../src/billing/rate.ts";
import { whole } from "../../../src/lib/fraction.ts";
import type { Contract, Pricing } from "../../../src/model/contract.ts";
import { contractOf, MBPS_BYTES } from "./billing-fixture.ts";

const flat = (pricePerMbps: string, baseFee = "0"): Pricing => ({ kind: "flat", pricePerMbps, baseFee });
const TIERS = [
  { aboveBps: 0, pricePerMbps: "3" },
  { aboveBps: 100_000_000, pricePerMbps: "2.5" },
  { aboveBps: 1_000_000_000, pricePerMbps: "1" },
];
const MONTH = { daysCovered: 31, daysInMonth: 31 };

/** The charge for a rate in Mbps. */
function amount(mbps: number, pricing: Pricing, changes: Partial<Contract> & { currency?: string } = {}): unknown {
  const { currency = "EUR", ...rest } = changes;
  const contract = contractOf({ price: { pricing, currency }, ...rest });
  return chargeOf(contract, whole(Math.round(mbps * 1e6)), MONTH)?.amount;
}

describe("a flat price", () => {
  it("is charged for the rate or for the commit, whichever is more, with the base fee", () => {
    expect(amount(120, flat("2.50"))).toBe("300.00");
    expect(amount(120, flat("2.50"), { commitBps: 100e6 })).toBe("300.00");
    expect(amount(80, flat("2.50"), { commitBps: 100e6 })).toBe("250.00");
    expect(amount(0, flat("2.50", "99.99"))).toBe("99.99");
  });

  it("is null without a price", () => {
    expect(chargeOf(contractOf(), whole(1), MONTH)).toBeNull();
  });
});

describe("tiers", () => {
  it.each([
    [0, "0.00", "0.00"],
    [50, "150.00", "150.00"],
    [99.999999, "300.00", "300.00"],
    [100, "300.00", "300.00"],
    [100.01, "300.03", "250.03"],
    [150, "425.00", "375.00"],
    [1000, "2550.00", "2500.00"],
    [2000, "3550.00", "2000.00"],
  ])("for %d Mbps cost %s blended and %s by volume", (mbps, blended, volume) => {
    expect(amount(mbps, { kind: "blended", tiers: TIERS, baseFee: "0" })).toBe(blended);
    expect(amount(mbps, { kind: "volume", tiers: TIERS, baseFee: "0" })).toBe(volume);
  });

  it("take the tier of the commit where the rate is below it", () => {
    const pricing = { kind: "volume", tiers: TIERS, baseFee: "0" } as const;
    expect(amount(1, pricing, { commitBps: 200e6 })).toBe("500.00");
  });

  it("of one price are a flat price", () => {
    const rates = fc.integer({ min: 0, max: 2 ** 45 });
    const limits = fc.uniqueArray(fc.integer({ min: 1, max: 2 ** 45 }), { maxLength: 5 });
    const price = fc.tuple(fc.nat(1000), fc.nat(999_999)).map(([a, b]) => `${a}.${String(b).padStart(6, "0")}`);
    fc.assert(
      fc.property(rates, limits, price, (rate, above, pricePerMbps) => {
        const tiers = [0, ...above.toSorted((a, b) => a - b)].map((aboveBps) => ({ aboveBps, pricePerMbps }));
        const charge = (pricing: Pricing): unknown =>
          chargeOf(contractOf({ price: { pricing, currency: "EUR" } }), whole(rate), MONTH);
        expect(charge({ kind: "blended", tiers, baseFee: "7" })).toEqual(charge(flat(pricePerMbps, "7")));
        expect(charge({ kind: "volume", tiers, baseFee: "7" })).toEqual(charge(flat(pricePerMbps, "7")));
      }),
    );
  });
});

describe("rounding of money", () => {
  it.each([
    ["EUR", "1500.00"],
    ["JPY", "1500"],
    ["KWD", "1500.000"],
  ])("has the digits of %s", (currency, text) => {
    expect(amount(600, flat("2.5"), { currency })).toBe(text);
  });

  it("takes the half up, once, at the end", () => {
    expect(amount(1, flat("0.005"))).toBe("0.01");
    expect(amount(1, flat("0.004999999"))).toBe("0.00");
    expect(amount(1, flat("0.5"), { currency: "JPY" })).toBe("1");
    // Rounded part by part this would be 0.00 + 0.00.
    expect(amount(1, flat("0.003", "0.002"))).toBe("0.01");
    // In floating point 1.005 is less than it is.
    expect(amount(1, flat("1.005"))).toBe("1.01");
  });

  it("keeps a rate that is no whole number of bits exact", () => {
    // A byte an interval is 2/75 bit/s; 937.5 bytes are 25 bit/s.
    const contract = contractOf({ price: { pricing: flat("1000"), currency: "KWD" } });
    const charge = (bytes: number): unknown => chargeOf(contract, billableRate(bytes, null), MONTH)?.amount;
    expect([charge(18), charge(19)]).toEqual(["0.000", "0.001"]);
    expect(charge(MBPS_BYTES + 1)).toBe("1000.000");
  });

  it("does not lose what floating point would", () => {
    const contract = contractOf({ price: { pricing: flat("123456789.123456789", "0.000000001"), currency: "EUR" } });
    // 9007199254.740991 Mbps x the price, by hand in integers.
    const units = 9_007_199_254_740_991n * 123_456_789_123_456_789n + 1_000_000n;
    const cents = (units * 2n + 10n ** 13n) / (2n * 10n ** 13n);
    const text = chargeOf(contract, whole(Number.MAX_SAFE_INTEGER), MONTH)?.amount;
    expect(text?.replace(".", "")).toBe(String(cents));
  });
});

describe("proration", () => {
  const charge = (changes: Partial<Contract>, daysCovered: number): unknown =>
    chargeOf(
      contractOf({ price: { pricing: flat("2", "31"), currency: "EUR" }, commitBps: 100e6, ...changes }),
      whole(0),
      { daysCovered, daysInMonth: 31 },
    )?.amount;

  it("charges days covered over days of the month, commit and base fee included", () => {
    expect(charge({ partialMonths: "prorate" }, 31)).toBe("231.00");
    expect(charge({ partialMonths: "prorate" }, 16)).toBe("119.23");
    expect(charge({ partialMonths: "prorate" }, 1)).toBe("7.45");
  });

  it.each(["whole_month", "own_period"] as const)("is not done under %s", (partialMonths) => {
    expect(charge({ partialMonths }, 1)).toBe("231.00");
  });
});

describe("amounts", () => {
  it("know the digits of currencies", () => {
    expect(["EUR", "USD", "JPY", "KWD"].map(currencyDigits)).toEqual([2, 2, 0, 3]);
    expect(() => currencyDigits("EURO")).toThrow(RangeError);
    expect(moneyText({ num: 2n, den: 3n }, "EUR")).toBe("0.67");
    expect(moneyText({ num: 10n ** 30n, den: 1n }, "EUR")).toBe(`1${"0".repeat(30)}.00`);
  });
});
