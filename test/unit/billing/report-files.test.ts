// What leaves the program as text: the table for a terminal, and CSV of bills and of their intervals.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { billPeriod } from "../../../src/billing/bill-period.ts";
import { computeBill } from "../../../src/billing/compute-bill.ts";
import { csvField, csvLine } from "../../../src/billing/csv.ts";
import type { IntervalSeries } from "../../../src/billing/interval-series.ts";
import { intervalLines } from "../../../src/billing/intervals-csv.ts";
import type { BillEntry } from "../../../src/billing/report.ts";
import { csvBill, csvHeader } from "../../../src/billing/report-csv.ts";
import { billTable } from "../../../src/billing/report-table.ts";
import type { Contract } from "../../../src/model/contract.ts";
import { contractOf, INTERVAL_MS } from "./billing-fixture.ts";

const START_MS = Date.UTC(2026, 9, 1);
const SELECTOR = { customer: "acme", site: "fra" };
const PRICED: Partial<Contract> = {
  commitBps: 1_000_000,
  price: { pricing: { kind: "flat", pricePerMbps: "2.5", baseFee: "10" }, currency: "EUR" },
};

function seriesOf(network: string, slots: readonly number[], bytes = 1_000): IntervalSeries {
  const startsMs = Float64Array.from(slots, (slot) => START_MS + slot * INTERVAL_MS);
  const column = (value: number) => Float64Array.from(slots, (slot) => value + slot);
  const key = { instance: "edge-01", interface: "eth0", network };
  return { ...key, startsMs, bytesIn: column(bytes), bytesOut: column(2 * bytes) };
}

/** The month to date after so many intervals. */
function entryOf(series: readonly IntervalSeries[], intervals: number, changes: Partial<Contract> = {}): BillEntry {
  const contract = contractOf({ customer: "acme", selector: SELECTOR, ...changes });
  const period = billPeriod(contract, "2026-10", START_MS + intervals * INTERVAL_MS);
  if (period === null) throw new Error("the contract does not cover the month");
  const usage = { series, completeness: 0.75 };
  return { ...computeBill({ contract, period, usage }), usage, period };
}

/** A reader of RFC 4180, for one line. */
function fieldsOf(line: string): string[] {
  return [...`,${line}`.matchAll(/,(?:"((?:[^"]|"")*)"|([^",]*))/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "",
  );
}

describe("a CSV field", () => {
  it("reads back as it was, whatever text it is, but for what a spreadsheet would compute", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" }), { minLength: 1 }), (texts) => {
        const expected = texts.map((text) => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text));
        expect(fieldsOf(csvLine(texts))).toEqual(expected);
      }),
    );
  });

  it.each([
    ["=1+1", "'=1+1"],
    ["+1", "'+1"],
    ["-1", "'-1"],
    ["@SUM(A1)", "'@SUM(A1)"],
    ["\t=1", "'\t=1"],
    ["\r=1", '"\'\r=1"'],
    ['="a"', '"\'=""a"""'],
    [-1, "-1"],
    [2n ** 60n, "1152921504606846976"],
    [null, ""],
    ["a=b", "a=b"],
    ["two\nlines", '"two\nlines"'],
  ])("of %s is %s", (cell, field) => {
    expect(csvField(cell)).toBe(field);
  });
});

describe("bills as CSV", () => {
  const entries = [
    entryOf([seriesOf("a", [0, 1, 3])], 4),
    entryOf([], 4, { ...PRICED, customer: 'Müller, "Söhne"', name: "=cmd()", selector: { customer: "x" } }),
  ];

  it("have the columns of the JSON, the same for all bills", () => {
    const [first, second] = entries.map(({ bill }) => csvHeader(bill));
    expect(first).toBe(second);
    expect(first).toMatch(/^customer,name,period,time_zone,status,[\w,]+\r\n$/);
    const names = first?.trimEnd().split(",") ?? [];
    expect(names).toEqual(expect.arrayContaining(["billable_bps", "gaps", "charge_currency", "charge_amount"]));
    expect(names).toEqual(expect.arrayContaining(["projection_best_bps", "contract_percentile", "contract_labels"]));
    expect(new Set(names).size).toBe(names.length);
  });

  it("have a value or nothing in each column", () => {
    const rows = entries.map(({ bill }) => {
      const names = fieldsOf(csvHeader(bill).trimEnd());
      const fields = fieldsOf(csvBill(bill).replace(/\r\n$/, ""));
      expect(fields).toHaveLength(names.length);
      return Object.fromEntries(names.map((name, index) => [name, fields[index]]));
    });
    expect(rows[0]).toMatchObject({
      customer: "acme",
      name: "",
      p95_in_bytes: "1003",
      charge_amount: "",
      total_bytes_out: "6004",
      contract_labels: '{"site":"fra"}',
      gaps: '[{"from":"2026-10-01T00:10:00.000Z","to":"2026-10-01T00:15:00.000Z"}]',
    });
    expect(rows[1]).toMatchObject({
      customer: 'Müller, "Söhne"',
      name: "'=cmd()",
      charge_currency: "EUR",
      charge_amount: "12.50",
      contract_labels: "{}",
    });
  });
});

describe("intervals as CSV", () => {
  const linesOf = (entry: BillEntry): string[] => [...intervalLines(entry)].join("").split("\n").slice(0, -1);

  it("have a line for each interval that a series has or should have", () => {
    const entry = entryOf([seriesOf("a", [1, 2, 4], 10), seriesOf("b", [3], 100)], 5);
    expect(linesOf(entry)).toEqual([
      "acme,,a,edge-01,eth0,2026-10-01T00:00:00.000Z,0,0,0",
      "acme,,a,edge-01,eth0,2026-10-01T00:05:00.000Z,11,21,1",
      "acme,,a,edge-01,eth0,2026-10-01T00:10:00.000Z,12,22,1",
      "acme,,a,edge-01,eth0,2026-10-01T00:15:00.000Z,0,0,0",
      "acme,,a,edge-01,eth0,2026-10-01T00:20:00.000Z,14,24,1",
      "acme,,b,edge-01,eth0,2026-10-01T00:15:00.000Z,103,203,1",
      "acme,,b,edge-01,eth0,2026-10-01T00:20:00.000Z,0,0,0",
    ]);
    const present = linesOf(entry).filter((line) => line.endsWith(",1")).length;
    expect(entry.bill.coverage).toBe(present / linesOf(entry).length);
  });

  it("keep to the days of the contract, and to what the bill counts", () => {
    const entry = entryOf([seriesOf("a", [286, 287, 288, 289])], 292, { starts: "2026-10-02" });
    // The last two may still be on their way: the bill does not count them.
    expect(entry.bill.intervalsExpected).toBe(290);
    expect(linesOf(entry).map((line) => line.split(",").slice(5).join(","))).toEqual([
      "2026-10-02T00:00:00.000Z,1288,2288,1",
      "2026-10-02T00:05:00.000Z,1289,2289,1",
    ]);
  });
});

describe("the table of a bill", () => {
  it("tells the rule, the figures, the coverage, the charge and the status", () => {
    const slots = Array.from({ length: 40 }, (_, slot) => slot).filter((slot) => slot !== 7 && slot !== 8);
    const { bill } = entryOf([seriesOf("a", slots, 75_000_000)], 40, { ...PRICED, name: "transit" });
    expect(billTable(bill).split("\n")).toEqual([
      "acme (transit), 2026-10: provisional",
      "  Period                2026-10-01T00:00:00Z to 2026-10-01T03:20:00Z, UTC",
      "  Networks              customer = acme, site = fra",
      "  Rule                  95th percentile, max_of_percentiles of percentile_of_sum, bytes of layer ip",
      "  Gaps, partial months  zero, whole_month",
      "  Intervals             40, 40 ranked, 2 discarded, the 3rd is billed",
      "  Percentile in         2.000 Mbps (75,000,037 bytes)",
      "  Percentile out        4.000 Mbps (150,000,037 bytes)",
      "  Billed                4.000 Mbps (150,000,037 bytes), out, interval from 2026-10-01T03:05:00Z",
      "  Average               in 1.900 Mbps, out 3.800 Mbps",
      "  Maximum               in 2.000 Mbps, out 4.000 Mbps",
      "  Total in              2.850 GB (2,850,000,765 bytes)",
      "  Total out             5.700 GB (5,700,000,765 bytes)",
      expect.stringMatching(/^ {2}Month may end at {6}\d+\.\d{3} Mbps at best, 4\.000 as so far, 4\.000 at worst$/),
      "  Commit                1 Mbps, 3.000 Mbps above it",
      "  Above commit          38 intervals, burst budget left 408",
      "  Coverage              95.00 %, 38 of 40 intervals observed",
      "  Gap                   2026-10-01T00:35:00Z to 2026-10-01T00:45:00Z, 2 intervals",
      "  Completeness          75.00 %",
      "  Charge                20.00 EUR",
    ]);
  });

  it("counts the gaps that are too many to show", () => {
    const slots = Array.from({ length: 30 }, (_, index) => 2 * index);
    const lines = billTable(entryOf([seriesOf("a", slots)], 59).bill).split("\n");
    expect(lines.filter((line) => line.startsWith("  Gap  "))).toHaveLength(10);
    expect(lines.some((line) => line.trim() === "and 19 gaps more")).toBe(true);
  });

  it("shows what could steer a terminal", () => {
    const foreign = "\u001b[2J\u0007evil\u202e\n\u009b31m";
    const { bill } = entryOf([], 1, { customer: foreign, name: foreign, selector: { customer: foreign } });
    const text = billTable(bill);
    expect(text).toMatch(/^\\u\{1b\}\[2J\\u\{7\}evil\\u\{202e\}\\u\{a\}\\u\{9b\}31m \(/);
    expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});
