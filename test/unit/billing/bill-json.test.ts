// Bills and contracts as JSON: keys, order, exact integers, and the way back.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { billJson, billsJsonText } from "../../../src/billing/bill-json.ts";
import { contractFromJson } from "../../../src/billing/contract-from-json.ts";
import { contractJson } from "../../../src/billing/contract-json.ts";
import { parseExactJson } from "../../../src/billing/exact-json.ts";
import { exactJsonText } from "../../../src/billing/exact-json-text.ts";
import {
  AGGREGATIONS,
  type Contract,
  DIRECTIONS,
  GAP_POLICIES,
  PARTIAL_MONTHS,
  ROUNDINGS,
} from "../../../src/model/contract.ts";
import { BYTE_LAYERS } from "../../../src/model/byte-layer.ts";
import { billed, contractOf, MBPS_BYTES, periodOf, seriesOf, times } from "./billing-fixture.ts";

const OCTOBER_MS = Date.parse("2026-09-30T22:00Z");
const CHANGES: Partial<Contract> = {
  name: "transit",
  timeZone: "Europe/Berlin",
  commitBps: 100e6,
  price: { pricing: { kind: "flat", pricePerMbps: "2.50", baseFee: "0" }, currency: "EUR" },
};
const { bill } = billed(
  [seriesOf(OCTOBER_MS, [...times(1000, 2 ** 50), null, ...times(7939, 120 * MBPS_BYTES)])],
  CHANGES,
  periodOf(CHANGES),
);

/** The keys of the bill in their documented order; others may stand between them. */
const DOCUMENTED = (
  "customer period time_zone status from to intervals_expected intervals_observed coverage completeness discarded rank " +
  "p95_in_bytes p95_out_bytes billable_bytes p95_in_bps p95_out_bps billable_bps billable_direction billable_at " +
  "average_in_bps average_out_bps max_in_bps max_out_bps total_bytes_in total_bytes_out commit_bps overage_bps " +
  "intervals_above_commit charge contract"
).split(" ");

describe("a bill as JSON", () => {
  it("has the documented keys in their order", () => {
    expect(Object.keys(billJson(bill)).filter((key) => DOCUMENTED.includes(key))).toEqual(DOCUMENTED);
  });

  it("says what was billed and how it came about", () => {
    expect(billJson(bill)).toMatchObject({
      customer: "acmecorp",
      name: "transit",
      period: "2026-10",
      time_zone: "Europe/Berlin",
      status: "provisional",
      version: null,
      from: "2026-09-30T22:00:00.000Z",
      to: "2026-10-31T23:00:00.000Z",
      intervals_expected: 8940,
      intervals_observed: 8939,
      gaps: [{ from: "2026-10-04T09:20:00.000Z", to: "2026-10-04T09:25:00.000Z" }],
      discarded: 447,
      rank: 448,
      billable_bytes: 2 ** 50,
      billable_bps: (2 ** 50 * 8) / 300,
      billable_direction: "in",
      billable_at: "2026-09-30T22:00:00.000Z",
      total_bytes_in: 1000n * 2n ** 50n + 7939n * 120n * 37_500_000n,
      intervals_above_commit: 8939,
      burst_intervals_left: -8492,
      charge: { currency: "EUR", amount: "75059993.79" },
      projection: null,
    });
  });

  it("keeps totals beyond 2^53 exact in its text", () => {
    const text = billsJsonText([bill]);
    expect(text).toContain(`"total_bytes_in": ${1000n * 2n ** 50n + 7939n * 120n * 37_500_000n},`);
    expect(text.endsWith("}\n")).toBe(true);
    expect(parseExactJson(text)).toEqual(parseExactJson(exactJsonText({ bills: [billJson(bill)] })));
  });
});

describe("exact JSON", () => {
  it("is what JSON.stringify writes with two spaces", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        // JSON has no -0.
        const plain: unknown = JSON.parse(JSON.stringify(value));
        expect(exactJsonText(parseExactJson(JSON.stringify(plain)))).toBe(JSON.stringify(plain, null, 2));
      }),
    );
  });

  it("writes integers of any size", () => {
    expect(exactJsonText({ a: [2n ** 64n] })).toBe('{\n  "a": [\n    18446744073709551616\n  ]\n}');
  });
});

describe("a contract as JSON", () => {
  it("states every choice", () => {
    expect(contractJson(contractOf({ ...CHANGES, rounding: { stepBps: 100_000, mode: "up" } }))).toEqual({
      customer: "acmecorp",
      name: "transit",
      labels: {},
      time_zone: "Europe/Berlin",
      starts: null,
      ends: null,
      percentile: 95,
      direction: "max_of_percentiles",
      aggregation: "percentile_of_sum",
      gaps: "zero",
      partial_months: "whole_month",
      byte_layer: "ip",
      commit_mbps: "100",
      pricing: "flat",
      price_per_mbps: "2.50",
      tiers: null,
      base_fee: "0",
      currency: "EUR",
      round_mbps: "0.1",
      rounding: "up",
    });
  });

  const mbps = fc.integer({ min: 0, max: 2 ** 50 });
  const price = fc.tuple(fc.nat(), fc.nat(999_999_999)).map(([a, b]) => `${a}.${b}`);
  const tiers = fc
    .uniqueArray(fc.integer({ min: 1, max: 2 ** 50 }), { maxLength: 4 })
    .map((above) => [0, ...above.toSorted((a, b) => a - b)])
    .chain((above) =>
      fc.tuple(...above.map((aboveBps) => fc.record({ aboveBps: fc.constant(aboveBps), pricePerMbps: price }))),
    );
  const pricing = fc.oneof(
    fc.record({ kind: fc.constant("flat" as const), pricePerMbps: price, baseFee: price }),
    fc.record({ kind: fc.constantFrom("blended" as const, "volume" as const), tiers, baseFee: price }),
  );
  const labels = fc.dictionary(fc.constantFrom("site", "tier"), fc.string({ minLength: 1 }));
  const contracts: fc.Arbitrary<Contract> = fc
    .record({
      customer: fc.string({ minLength: 1 }),
      name: fc.option(fc.string({ minLength: 1 })),
      labels: fc.option(labels),
      timeZone: fc.constantFrom("UTC", "Europe/Berlin", "Australia/Lord_Howe"),
      starts: fc.option(fc.constantFrom("2026-10-16", "2028-02-29")),
      ends: fc.option(fc.constant("2030-12-31")),
      percentilePerMille: fc.integer({ min: 1, max: 1000 }),
      direction: fc.constantFrom(...DIRECTIONS),
      aggregation: fc.constantFrom(...AGGREGATIONS),
      gaps: fc.constantFrom(...GAP_POLICIES),
      partialMonths: fc.constantFrom(...PARTIAL_MONTHS),
      byteLayer: fc.constantFrom(...BYTE_LAYERS),
      commitBps: fc.option(mbps),
      rounding: fc.option(
        fc.record({ stepBps: fc.integer({ min: 1, max: 2 ** 50 }), mode: fc.constantFrom(...ROUNDINGS) }),
      ),
      price: fc.option(fc.record({ pricing, currency: fc.constantFrom("EUR", "JPY", "KWD") })),
    })
    .map(({ labels: further, ...rest }) => ({
      ...rest,
      selector: further === null ? { network: rest.customer } : { customer: rest.customer, ...further },
    }));

  it("is read back as it was", () => {
    fc.assert(
      fc.property(contracts, (contract) => {
        const text = exactJsonText(contractJson(contract));
        expect(contractFromJson(JSON.parse(text))).toEqual({ ok: true, value: contract });
      }),
    );
  });

  const tier = (above: string) => ({ above_mbps: above, price_per_mbps: "1" });
  it.each([
    [{ percentile: 95.25 }, "contract.percentile: is not a percentile"],
    [{ percentile: "95" }, "contract.percentile: invalid input: expected number, received string"],
    [{ direction: "up" }, /^contract\.direction: invalid option: expected one of "max_of_percentiles"/],
    [{ time_zone: "Europe/Atlantis" }, "contract.time_zone: is not a time zone that this runtime knows"],
    [{ starts: "2026-02-30" }, "contract.starts: is not a date YYYY-MM-DD"],
    [{ commit_mbps: "1.1234567" }, "contract.commit_mbps: is not a decimal number of Mbps"],
    [{ currency: "XXQ" }, "contract.currency: is not a currency that this runtime knows"],
    [{ currency: null }, "contract.base_fee and contract.currency are missing"],
    [{ pricing: null }, "contract.pricing is missing beside a price"],
    [{ pricing: "volume" }, "contract.pricing is volume: it takes tiers, no price_per_mbps"],
    [{ tiers: [tier("0")] }, "contract.pricing is flat: it takes price_per_mbps, no tiers"],
    [
      { pricing: "volume", price_per_mbps: null, tiers: [tier("1")] },
      "contract.tiers do not begin above 0 Mbps or do not ascend",
    ],
    [
      { pricing: "volume", price_per_mbps: null, tiers: [tier("0"), tier("5"), tier("5")] },
      "contract.tiers do not begin above 0 Mbps or do not ascend",
    ],
    [{ rounding: "up" }, "contract.round_mbps and contract.rounding do not go together"],
    [{ cap: 1 }, 'contract: unrecognized key: "cap"'],
  ])("is refused with %j", (wrong, problem) => {
    const read = contractFromJson({ ...contractJson(contractOf(CHANGES)), ...wrong });
    expect(read.ok ? "" : read.problem).toMatch(problem);
  });

  it("is refused where it is none", () => {
    expect(contractFromJson(null)).toMatchObject({ ok: false });
    expect(contractFromJson({})).toMatchObject({ ok: false, problem: expect.stringMatching(/^contract\.customer: /) });
  });
});
