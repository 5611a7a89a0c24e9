import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Bill } from "../../../../src/billing/bill.ts";
import { billsHtml } from "../../../../src/billing/html/bills-html.ts";
import { isVisible } from "../../../../src/billing/html/visible-text.ts";
import { billFixture, OCTOBER_MS } from "./bill-fixture.ts";

const { bill, grid } = billFixture();
const OCTOBER_19_MS = Date.parse("2026-10-19T09:07:00Z");

/** Tags with the names of their attributes: all that text must not change. */
function structureOf(document: string): readonly string[] {
  const body = document.slice(document.indexOf("</style>"));
  return (body.match(/<[^>]*>/g) ?? []).map((tag) => tag.replaceAll(/"[^"]*"/g, '""'));
}

function withTexts(text: string): Bill {
  const price = bill.contract.price && { ...bill.contract.price, currency: text };
  const contract = { ...bill.contract, customer: text, name: `!${text}`, selector: { customer: text }, price };
  return { ...bill, contract, charge: { currency: text, amount: text } };
}

const HOSTILE = fc.oneof(
  fc.string({ unit: "binary", maxLength: 200 }),
  fc
    .array(
      fc.constantFrom(
        "<script>",
        "</title>",
        "</svg>",
        '"',
        "'",
        "-->",
        "<!--",
        "]]>",
        "&lt;",
        "\u202e",
        "\n",
        "x=",
        "`",
        "${",
      ),
    )
    .map((parts) => parts.join("")),
);

describe("billsHtml", () => {
  it("has the same structure whatever the texts of a bill are, alone and beside others", () => {
    const plain = structureOf(
      billsHtml([
        { bill: withTexts("Acme"), grid },
        { bill, grid },
      ]),
    );
    const check = fc.property(HOSTILE, (text) => {
      const document = billsHtml([
        { bill: withTexts(text), grid },
        { bill, grid },
      ]);
      expect(structureOf(document)).toEqual(plain);
      expect(document.split("\n").every(isVisible)).toBe(true);
    });
    fc.assert(check, { numRuns: 40 });
  }, 60_000);

  it("names each figure of the bill", () => {
    const document = billsHtml([{ bill, grid }]);
    const { p95InBytes, p95OutBytes, billableBytes, totalBytesIn, totalBytesOut } = bill;
    for (const bytes of [p95InBytes, p95OutBytes, billableBytes, totalBytesIn, totalBytesOut])
      expect(document).toContain(bytes.toLocaleString("en-US"));
    const { billableBps, averageInBps, averageOutBps, maxInBps, maxOutBps, overageBps } = bill;
    for (const bps of [billableBps, averageInBps, averageOutBps, maxInBps, maxOutBps, overageBps ?? -1])
      expect(document).toContain(`${(bps / 1e6).toFixed(3)} Mbps`);
    const { intervalsObserved, discarded, intervalsAboveCommit, charge } = bill;
    for (const count of [intervalsObserved, discarded, intervalsAboveCommit ?? -1])
      expect(document).toContain(count.toLocaleString("en-US"));
    expect(document).toContain(`${charge?.amount} <span class="unit">EUR</span>`);
    expect(document).toContain(`${new Date(bill.billableAtMs ?? 0).toISOString().slice(0, 16).replace("T", " ")} UTC`);
    expect(document).toContain("0.99987");
    expect(document).toContain("2026-10-13 01:10 UTC");
  });

  it("says what a provisional bill may come to, and that it is not final", () => {
    const document = billsHtml([billFixture({ nowMs: OCTOBER_19_MS })]);
    expect(document).toContain("This bill is not final: the period is not over");
    expect(document).toMatch(/Best[^]*Same as so far[^]*Worst/);
    expect(document).toContain("2026-10-19 11:05 CEST");
  });

  it("says which version a corrected bill takes the place of, and the digest of its intervals", () => {
    const digest = "ab".repeat(32);
    const corrected = { ...bill, status: "corrected", version: 3, corrects: 2, intervalsSha256: digest } as const;
    const document = billsHtml([{ bill: corrected, grid }]);
    expect(document).toContain("Corrected, version 3, in place of version 2");
    expect(document).toContain(digest);
    expect(document).not.toContain("This bill is not final");
    expect(billsHtml([{ bill, grid }])).not.toContain("sha256sum");
  });

  it("says where the intervals at hand are not those of a stored bill", () => {
    const gone = billFixture({ series: [] });
    const notice = "The intervals at hand are not those that this bill was made of";
    expect(billsHtml([{ bill, grid: gone.grid }])).toContain(notice);
    expect(billsHtml([{ bill, grid }])).not.toContain(notice);
  });

  it("fetches nothing, runs nothing, and refers to ids that are there once", () => {
    const document = billsHtml([{ bill, grid }, billFixture({ contract: { direction: "percentile_of_max" } })]);
    expect(document).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
    expect(document).not.toMatch(/<(script|link|img|iframe|object|embed|base|form)\b|\bsrc=|\son\w+=|@import|https?:/i);
    const ids = [...document.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const references = document.matchAll(/(?:href="#|url\(#|aria-labelledby=")([^")]+)/g);
    for (const [, names] of references) for (const name of names?.split(" ") ?? []) expect(ids).toContain(name);
  });

  it("is below 300 KB for a month, also for one with a gap in every hour", () => {
    const series = { ...everyOtherInterval(), network: "n", instance: "i", interface: "eth0" };
    const holes = billFixture({ series: [series], contract: { direction: "percentile_of_sum" } });
    const document = billsHtml([holes]);
    expect(holes.bill.gaps.length).toBeGreaterThan(4000);
    expect(document).toContain(`${(holes.bill.gaps.length - 100).toLocaleString("en-US")} further gaps`);
    expect(Buffer.byteLength(document)).toBeLessThan(300_000);
    expect(Buffer.byteLength(billsHtml([{ bill, grid }]))).toBeLessThan(120_000);
  });

  it("has a table of contents for several bills, and a page of its own for none", () => {
    expect(billsHtml([{ bill, grid }])).not.toContain("<nav");
    expect(
      billsHtml([
        { bill, grid },
        { bill, grid },
      ]),
    ).toMatch(/<nav[^]*href="#bill-1"[^]*href="#bill-2"/);
    expect(billsHtml([])).toContain("There are no bills");
  });

  it("is the same for the same bills, and says when and by what it was made where it is told", () => {
    expect(billsHtml([{ bill, grid }])).toBe(billsHtml([{ bill, grid }]));
    const made = billsHtml([], { generatedAtMs: OCTOBER_MS, productVersion: "1.2.3" });
    expect(made).toContain("Made by acct-agent 1.2.3 on 2026-09-30 22:00 UTC.");
  });

  it.each([
    ["no series at all", { series: [] }],
    ["a commit far above the traffic", { contract: { commitBps: 10_000_000_000 } }],
    ["the first minutes of a month", { nowMs: OCTOBER_MS + 400_000 }],
    ["a month that has just begun", { nowMs: OCTOBER_MS, series: [] }],
    ["a part of a month alone", { contract: { starts: "2026-10-16", partialMonths: "own_period" as const } }],
    ["a contract that begins within the month", { contract: { starts: "2026-10-16" } }],
    ["no money", { contract: { price: null, commitBps: null } }],
    ["sites that are ranked alone", { contract: { aggregation: "sum_of_percentiles" as const } }],
  ])("has numbers everywhere for %s", (_, options) => {
    const document = billsHtml([billFixture(options)]);
    expect(document).not.toMatch(/NaN|Infinity|undefined|\[object|>null</);
  });
});

function everyOtherInterval(): { startsMs: Float64Array; bytesIn: Float64Array; bytesOut: Float64Array } {
  const startsMs = Float64Array.from({ length: 4470 }, (_, index) => OCTOBER_MS + index * 600_000);
  const bytesIn = startsMs.map((_, index) => ((index * 7919) % 8941) * 1e6);
  return { startsMs, bytesIn, bytesOut: bytesIn.toReversed() };
}
