import { describe, expect, it } from "vitest";
import { markup } from "../../../../src/billing/html/markup.ts";
import { ruleInWords } from "../../../../src/billing/html/rule-in-words.ts";
import type { Contract } from "../../../../src/model/contract.ts";
import { billFixture, officeSeries } from "./bill-fixture.ts";

function ruleOf(contract: Partial<Contract> = {}): string {
  const series = [officeSeries(), officeSeries({ site: 2 })];
  return ruleInWords(billFixture({ contract, series }).bill)
    .map((step) => String(markup`${step}`))
    .join("\n");
}

describe("ruleInWords", () => {
  it("says the period, the intervals, the discarded ones and the rank of the bill", () => {
    const rule = ruleOf();
    expect(rule).toContain("2026-10-01 00:00 CEST to 2026-11-01 00:00 CET, on the clock of Europe/Berlin");
    expect(rule).toContain("8,940 intervals of 300 s");
    expect(rule).toContain("The top 447 (8,940 × 5 %, rounded down) are discarded");
    expect(rule).toContain("the next one, the 448th, is the 95th percentile");
  });

  it.each<[string, Partial<Contract>, string]>([
    ["the larger direction", { direction: "max_of_percentiles" }, "the larger figure is billed: out"],
    ["both directions added", { direction: "sum_of_percentiles" }, "both are added"],
    ["the larger of each interval", { direction: "percentile_of_max" }, "larger of in and out of each interval"],
    ["the sum of each interval", { direction: "percentile_of_sum" }, "in and out of each interval added"],
    ["one direction", { direction: "in" }, "Only the direction in is billed"],
    [
      "sites that are ranked alone",
      { aggregation: "sum_of_percentiles" },
      "is ranked alone, and the results are added",
    ],
    ["gaps as zeros", { gaps: "zero" }, "not observed counts as zero"],
    ["gaps that are left out", { gaps: "exclude" }, "left out: 43 intervals, so that 8,897 remain"],
    ["the Ethernet layer", { byteLayer: "ethernet" }, "whole Ethernet frames"],
    ["the wire's layer", { byteLayer: "wire" }, "bytes on the wire"],
    ["another percentile", { percentilePerMille: 999 }, "8,940 × 0.1 %, rounded down"],
    ["rounding", { rounding: { stepBps: 10_000_000, mode: "up" } }, "rounded up to the next multiple of 10 Mbps"],
    [
      "rounding to the nearest",
      { rounding: { stepBps: 500_000, mode: "nearest" } },
      "to the nearest multiple of 0.5 Mbps",
    ],
    ["no rounding", { rounding: null }, "the contract does not round the rate"],
    ["a term", { starts: "2026-10-16", partialMonths: "prorate" }, "holds from 2026-10-16; of a month"],
    ["a base fee", {}, "at 0.85 EUR per Mbps, and a base fee of 120 EUR: "],
    ["the commit", {}, "The commit is 400 Mbps, the least that is charged"],
  ])("says %s", (_, contract, text) => {
    expect(ruleOf(contract)).toContain(text);
  });

  it("says the tiers with their prices", () => {
    const tiers = [
      { aboveBps: 0, pricePerMbps: "1.2" },
      { aboveBps: 100_000_000, pricePerMbps: "0.9" },
    ];
    const price = { pricing: { kind: "blended", tiers, baseFee: "0" }, currency: "USD" } as const;
    const rule = ruleOf({ price });
    expect(rule).toContain("1.2 USD per Mbps above 0 Mbps; 0.9 USD per Mbps above 100 Mbps");
    expect(rule).toContain("each tier&#39;s price for the part in it");
    expect(rule).not.toContain("base fee");
  });

  it("says nothing of money or a commit where there is none", () => {
    expect(ruleOf({ price: null, commitBps: null })).not.toMatch(/commit|charge/i);
  });
});
