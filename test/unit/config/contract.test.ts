// What the keys of a contract mean, and the problems of those that do not go together.

import { describe, expect, it } from "vitest";

import type { Contract } from "../../../src/model/contract.ts";
import { load, problemsOf } from "./load.ts";

const section = (rest: string): string => `[[contract]]\ncustomer = "c"\n${rest}\n`;
const contractOf = (rest: string): Contract | undefined => load(section(rest)).contracts[0];
const problem = (rest: string): string[] =>
  problemsOf(section(rest)).map((line) => line.replace("agent.toml: contract[0]", ""));

const TIERS = 'tiers = [{ above_mbps = "0", price_per_mbps = "3" }, { above_mbps = "100", price_per_mbps = "2.5" }]';

describe("a contract", () => {
  it("has the defaults where only the customer is given", () => {
    expect(contractOf("")).toEqual({
      customer: "c",
      name: null,
      selector: { customer: "c" },
      timeZone: "UTC",
      starts: null,
      ends: null,
      percentilePerMille: 950,
      direction: "max_of_percentiles",
      aggregation: "percentile_of_sum",
      gaps: "zero",
      partialMonths: "whole_month",
      byteLayer: "ip",
      commitBps: null,
      rounding: null,
      price: null,
    });
  });

  it.each([
    ["95", 950],
    ["95.0", 950],
    ["97.5", 975],
    ['"97.1"', 971],
    ["100", 1000],
    ["0.1", 1],
  ])("takes the percentile %s as %d per mille", (written, perMille) => {
    expect(contractOf(`percentile = ${written}`)?.percentilePerMille).toBe(perMille);
  });

  it.each(["0", "100.1", "-1", "95.25", "nan", "inf", '"95%"', '""', "1e-7"])(
    "refuses the percentile %s",
    (written) => {
      expect(problem(`percentile = ${written}`)).toEqual([
        expect.stringMatching(
          /^\.percentile = .*: is not a percentile; write a number above 0 and up to 100 with at most one digit after the point$/,
        ),
      ]);
    },
  );

  it("takes no percentile that is neither number nor text", () => {
    expect(problem("percentile = true")).toEqual([".percentile = true: is not a number; write e.g. 95"]);
  });

  it("selects by further labels", () => {
    expect(contractOf('labels = { site = "fra" }')?.selector).toEqual({ customer: "c", site: "fra" });
  });

  it.each([
    ["direction", "max", "max_of_percentiles, percentile_of_max, percentile_of_sum, sum_of_percentiles, in, out"],
    ["aggregation", "sum", "percentile_of_sum, sum_of_percentiles"],
    ["gaps", "skip", "zero, exclude"],
    ["partial_months", "clip", "whole_month, own_period, prorate"],
    ["pricing", "tiered", "flat, blended, volume"],
  ])("has a choice of %s", (key, wrong, choices) => {
    expect(problem(`${key} = "${wrong}"`)).toEqual([
      `.${key} = "${wrong}": is not one of ${choices}; write one of them`,
    ]);
    for (const choice of choices.split(", ")) {
      expect(problem(`${key} = "${choice}"`).filter((line) => line.includes("is not one of"))).toEqual([]);
    }
  });

  it("keeps prices as they are written", () => {
    expect(contractOf('price_per_mbps = "2.50"\nbase_fee = "100"\ncurrency = "JPY"')?.price).toEqual({
      pricing: { kind: "flat", pricePerMbps: "2.50", baseFee: "100" },
      currency: "JPY",
    });
    expect(contractOf(`pricing = "volume"\n${TIERS}\ncurrency = "KWD"`)?.price).toEqual({
      pricing: {
        kind: "volume",
        tiers: [
          { aboveBps: 0, pricePerMbps: "3" },
          { aboveBps: 100_000_000, pricePerMbps: "2.5" },
        ],
        baseFee: "0",
      },
      currency: "KWD",
    });
  });

  it("may have a base fee alone", () => {
    expect(contractOf('base_fee = "10"\ncurrency = "EUR"')?.price?.pricing).toEqual({
      kind: "flat",
      pricePerMbps: "0",
      baseFee: "10",
    });
  });

  it("rounds up unless it says otherwise", () => {
    expect(contractOf('round_mbps = "0.1"')?.rounding).toEqual({ stepBps: 100_000, mode: "up" });
    expect(contractOf('round_mbps = "1"\nrounding = "nearest"')?.rounding).toEqual({
      stepBps: 1_000_000,
      mode: "nearest",
    });
  });

  it("may state the byte layer that is counted, and no other", () => {
    expect(problem('byte_layer = "ip"')).toEqual([]);
    expect(load(`account.byte_layer = "wire"\n${section('byte_layer = "wire"')}`).contracts[0]?.byteLayer).toBe("wire");
    expect(load(`account.byte_layer = "ethernet"\n${section("")}`).contracts[0]?.byteLayer).toBe("ethernet");
    expect(problem('byte_layer = "wire"')).toEqual([
      '.byte_layer = "wire": is not account.byte_layer ("ip"), which is what is counted; write the same in both',
    ]);
    expect(problemsOf(`account.byte_layer = "wire"\n${section('byte_layer = "ip"')}`)).toHaveLength(1);
  });
});

describe("keys of a contract that do not go together", () => {
  it.each([
    [
      `${TIERS}\ncurrency = "EUR"`,
      '.tiers: belongs to another pricing; write pricing = "blended" or "volume", or remove it',
    ],
    [
      'pricing = "blended"',
      '.pricing = "blended": needs tiers; add e.g. tiers = [{ above_mbps = "0", price_per_mbps = "3" }, { above_mbps = "100", price_per_mbps = "2.50" }]',
    ],
    [
      `pricing = "volume"\n${TIERS}\nprice_per_mbps = "1"\ncurrency = "EUR"`,
      '.price_per_mbps = "1": belongs to the pricing flat; remove it, the tiers have prices',
    ],
    [
      'pricing = "volume"\ncurrency = "EUR"\ntiers = [{ above_mbps = "1", price_per_mbps = "3" }]',
      '.tiers[0].above_mbps = "1": leaves rates below it without a price; write "0"',
    ],
    [
      'pricing = "volume"\ncurrency = "EUR"\ntiers = []',
      '.tiers = []: is empty; write e.g. tiers = [{ above_mbps = "0", price_per_mbps = "3" }, { above_mbps = "100", price_per_mbps = "2.50" }]',
    ],
    [
      `pricing = "volume"\ncurrency = "EUR"\n${TIERS.replace('"100"', '"0.0"')}`,
      '.tiers[1].above_mbps = "0.0": is not above that of contract[0].tiers[0]; order tiers by above_mbps',
    ],
    ['price_per_mbps = "1"', '.price_per_mbps: needs currency; add e.g. currency = "EUR"'],
    ['base_fee = "1"', '.base_fee: needs currency; add e.g. currency = "EUR"'],
    [`pricing = "blended"\n${TIERS}`, '.tiers: needs currency; add e.g. currency = "EUR"'],
    ['currency = "EUR"', '.currency = "EUR": stands without a price; add e.g. price_per_mbps = "2.50", or remove it'],
    ['rounding = "down"', '.rounding = "down": needs round_mbps; add e.g. round_mbps = "1", or remove it'],
    ['round_mbps = "0.0"', '.round_mbps = "0.0": is no step; write e.g. "1", or remove it to bill unrounded rates'],
    ['labels = { customer = "d" }', '.labels.customer = "d": is the key customer of the contract already; remove it'],
  ])("%s", (rest, expected) => {
    expect(problem(rest)).toEqual([expected]);
  });

  it.each([
    [
      'price_per_mbps = "-1"',
      '.price_per_mbps = "-1": is not an amount of money; write at most 9 digits after the point, e.g. "2.50"',
    ],
    ["price_per_mbps = 1", '.price_per_mbps = 1: is a number; write text in quotes, e.g. price_per_mbps = "2.50"'],
    ['currency = "eur"', '.currency = "eur": is not a currency of ISO 4217; write e.g. "EUR"'],
    ['pricing = "volume"\ntiers = [1]', ".tiers[0]: is a number; write [[contract.tiers]]"],
    [
      'pricing = "volume"\ntiers = [{ above_mbps = "0" }]',
      '.tiers[0].price_per_mbps: is missing; add e.g. price_per_mbps = "2.50"',
    ],
  ])("nor are values of another kind taken: %s", (rest, expected) => {
    expect(problem(rest)).toContain(expected);
  });
});

describe("closing by schedule", () => {
  it("needs a folder for the bills", () => {
    expect(problemsOf('billing.close = "0 30 6 2 * *"')).toEqual([
      'agent.toml: billing.close = "0 30 6 2 * *": needs output_dir; add e.g. output_dir = "/var/lib/acct-agent/bills"',
    ]);
    expect(problemsOf('billing.output_dir = "bills"')).toEqual([]);
  });

  it("has a pattern of six fields and a bounded grace", () => {
    expect(problemsOf('[billing]\noutput_dir = "b"\nclose = "30 6 2 * *"\ngrace = "32d"')).toEqual([
      expect.stringContaining('billing.close = "30 6 2 * *": is not a cron pattern of six fields'),
      'agent.toml: billing.grace = "32d": must be from 0ms to 31d; write "31d"',
    ]);
  });
});
