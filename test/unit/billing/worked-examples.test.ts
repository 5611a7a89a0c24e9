// The figures that docs/billing.md states, computed: each expectation is a piece of that page.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

import type { Bill } from "../../../src/billing/bill.ts";
import type { IntervalSeries } from "../../../src/billing/interval-series.ts";
import { overheadPerPacket } from "../../../src/model/byte-layer.ts";
import type { Contract, Pricing } from "../../../src/model/contract.ts";
import { billed, MBPS_BYTES, periodOf, seriesOf, times } from "./billing-fixture.ts";

const PAGE = readFileSync(new URL("../../../docs/billing.md", import.meta.url), "utf8");
const OCTOBER_MS = Date.parse("2026-10-01");
const MONTH: readonly (readonly [count: number, inMbps: number, outMbps: number])[] = [
  [400, 900, 20],
  [500, 130, 20],
  [300, 40, 200],
  [700, 40, 90],
  [7028, 40, 20],
];
const INBOUND = MONTH.flatMap(([count, mbps]) => times(count, mbps * MBPS_BYTES));
const OUTBOUND = MONTH.flatMap(([count, , mbps]) => times(count, mbps * MBPS_BYTES));
const EXAMPLE = [seriesOf(OCTOBER_MS, INBOUND, { out: OUTBOUND })];
const FLAT: Pricing = { kind: "flat", pricePerMbps: "2.50", baseFee: "0" };
const TIERS = [
  { aboveBps: 0, pricePerMbps: "3" },
  { aboveBps: 100e6, pricePerMbps: "2.50" },
];

function billOf(changes: Partial<Contract> = {}, series: readonly IntervalSeries[] = EXAMPLE): Bill {
  return billed(series, changes).bill;
}

const constant = (mbps: number): IntervalSeries[] => [seriesOf(OCTOBER_MS, times(8928, mbps * MBPS_BYTES))];
const priced = (pricing: Pricing, currency = "EUR"): Partial<Contract> => ({ price: { pricing, currency } });
const mbps = (bps: number): string => `${bps / 1e6} Mbps`;
const grouped = (count: number): string => count.toLocaleString("en");
const money = ({ charge }: Bill): string => `${charge?.amount} ${charge?.currency}`;
const row = (...cells: readonly string[]): string => `\n| ${cells.join(" | ")} |\n`;

describe("docs/billing.md", () => {
  it("has the example month", () => {
    for (const [count, inMbps, outMbps] of MONTH) {
      expect(PAGE).toContain(row(grouped(count), String(inMbps), String(outMbps)));
    }
    expect(billOf()).toMatchObject({
      intervalsExpected: 8928,
      discarded: 446,
      p95InBytes: 130 * MBPS_BYTES,
      p95OutBytes: 90 * MBPS_BYTES,
    });
  });

  it.each([
    ["95", 950],
    ["90", 900],
    ["97.5", 975],
  ])("bills the percentile %s", (text, percentilePerMille) => {
    const { discarded, billableBps } = billOf({ percentilePerMille });
    expect(PAGE).toContain(row(text, String(discarded), mbps(billableBps)));
  });

  it.each(["max_of_percentiles", "percentile_of_max", "percentile_of_sum", "sum_of_percentiles", "in", "out"] as const)(
    "bills the direction %s",
    (direction) => {
      const { billableBps, billableDirection } = billOf({ direction });
      const line = PAGE.split("\n").find((text) => text.startsWith(`| \`${direction}\` `));
      expect(line?.endsWith(` | ${mbps(billableBps)} | ${billableDirection} |`)).toBe(true);
    },
  );

  it.each(["percentile_of_sum", "sum_of_percentiles"] as const)("adds sites by %s", (aggregation) => {
    const [high, low] = [times(4464, 100 * MBPS_BYTES), times(4464, 20 * MBPS_BYTES)];
    const sites = [
      seriesOf(OCTOBER_MS, [...high, ...low]),
      seriesOf(OCTOBER_MS, [...low, ...high], { network: "acme-ams" }),
    ];
    const line = PAGE.split("### `aggregation`")[1]
      ?.split("\n")
      .find((text) => text.startsWith(`| \`${aggregation}\``));
    expect(line?.endsWith(` | ${mbps(billOf({ aggregation }, sites).billableBps)} |`)).toBe(true);
  });

  it.each(["zero", "exclude"] as const)("has gaps as %s", (gaps) => {
    const series = [seriesOf(OCTOBER_MS, [...INBOUND.slice(0, 7928), ...times(1000, 0).map(() => null)])];
    const { ranked, discarded, billableBps, coverage } = billOf({ gaps }, series);
    expect(PAGE).toContain(row(`\`${gaps}\``, grouped(ranked), String(discarded), mbps(billableBps)));
    expect(PAGE).toContain(`${coverage.toFixed(3)} in the example of \`gaps\``);
  });

  it.each(["whole_month", "own_period", "prorate"] as const)("has partial months as %s", (partialMonths) => {
    const busy = [...times(300, 500), ...times(4308, 60)].map((rate) => rate * MBPS_BYTES);
    const series = [seriesOf(Date.parse("2026-10-16"), busy)];
    const bill = billOf({ partialMonths, starts: "2026-10-16", ...priced(FLAT) }, series);
    const { intervalsExpected, discarded, billableBps } = bill;
    const counts = [grouped(intervalsExpected), String(discarded)];
    expect(PAGE).toContain(row(`\`${partialMonths}\``, ...counts, mbps(billableBps), money(bill)));
  });

  it("has months of time zones", () => {
    const text = (timeZone: string): string => {
      const { intervalsExpected, discarded } = billOf({ timeZone });
      return `${grouped(intervalsExpected)} in ${timeZone}, of which ${discarded} are free`;
    };
    expect(PAGE).toContain(text("Europe/Berlin"));
    expect(PAGE).toContain(text("UTC").replace("in UTC", "intervals in UTC"));
  });

  it("has byte layers", () => {
    const layer = (name: "ethernet" | "wire"): string => mbps((100e6 * (1000 + overheadPerPacket(name, 0))) / 1000);
    expect(PAGE).toContain(`are ${layer("ethernet")} in the\nlayer \`ethernet\` and ${layer("wire")} in the layer`);
  });

  it.each([
    ["none", null],
    ["100 Mbps", 100e6],
    ["150 Mbps", 150e6],
  ])("has the commit %s", (text, commitBps) => {
    const bill = billOf({ commitBps, ...priced(FLAT) });
    const { billableBps, overageBps, intervalsAboveCommit, burstIntervalsLeft } = bill;
    const charged = mbps(Math.max(billableBps, commitBps ?? 0));
    const overage = overageBps === null ? "none" : mbps(overageBps);
    const counts = [intervalsAboveCommit, burstIntervalsLeft].map((count) => String(count ?? "none"));
    expect(PAGE).toContain(row(text, mbps(billableBps), overage, charged, money(bill), ...counts));
  });

  it("rounds rates", () => {
    const rounded = (mode: "up" | "nearest" | "down"): string =>
      `${mbps(billOf({ rounding: { stepBps: 1e6, mode } }, constant(130.4)).billableBps)} \`${mode}\``;
    expect(PAGE).toContain(
      `130.4 Mbps in steps of 1 Mbps are ${rounded("up")}, ${rounded("nearest")} (a half goes up) and ${rounded("down")}`,
    );
  });

  it.each(["flat", "blended", "volume"] as const)("prices %s", (kind) => {
    const pricing = kind === "flat" ? FLAT : { kind, tiers: TIERS, baseFee: "0" };
    const line = PAGE.split("\n").find((text) => text.startsWith(`| \`${kind}\` `));
    expect(line?.endsWith(` | ${money(billOf(priced(pricing)))} |`)).toBe(true);
  });

  it("prices a tier above its rate, and base fees", () => {
    const at100 = (kind: "blended" | "volume"): string =>
      money(billOf(priced({ kind, tiers: TIERS, baseFee: "0" }), constant(100)));
    expect(at100("volume")).toBe(at100("blended"));
    expect(PAGE).toContain(`exactly 100 Mbps cost ${at100("volume")} by volume and blended`);
    const withFee = billOf(priced({ ...FLAT, baseFee: "50" }));
    expect(PAGE).toContain(`50 EUR make the first line ${money(withFee)}`);
  });

  it("has the digits of currencies", () => {
    const amounts = ["EUR", "JPY", "KWD"].map((currency) => money(billOf(priced(FLAT, currency))));
    expect(PAGE).toContain(`\n${amounts.join(", ")}.`);
  });

  it("has a projection", () => {
    const period = periodOf({}, "2026-10", "2026-10-11T00:00Z");
    const { bill } = billed([seriesOf(OCTOBER_MS, INBOUND.slice(0, 2880))], {}, period);
    const { bestBps = 0, sameBps = 0, worstBps = 0 } = bill.projection ?? {};
    expect(PAGE).toContain(row("best", "nothing more passes", mbps(bestBps)));
    expect(PAGE).toContain(row("same", "the rest is as what was", mbps(sameBps)));
    expect(PAGE).toContain(row("worst", "the rest is at the maximum so far", mbps(worstBps)));
    expect(PAGE).toContain(`${grouped(bill.ranked)} intervals of which ${bill.discarded} are free`);
  });
});
