import { assert, oneof, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { contractChains } from "../../../src/billing/rules/customer-rules.ts";
import { networkContracts } from "../../../src/billing/rules/network-rules.ts";
import { paceOf } from "../../../src/billing/rules/pace.ts";
import { selector } from "../../../src/billing/rules/promql.ts";
import { rulesText } from "../../../src/billing/rules/rules.ts";
import type { Contract } from "../../../src/model/contract.ts";
import { contractOf } from "./billing-fixture.ts";

const NOW_MS = Date.UTC(2026, 10, 21, 12);
const ACME = { name: "acme-fra", labels: { customer: "acmecorp", environment: "production" } };
const OWN = { name: "office", labels: {} };

function textOf(contracts: readonly Contract[], networks = [ACME, OWN]): string {
  return rulesText({ contracts, networks, byteLayer: "ip", nowMs: NOW_MS });
}

/** What is recorded, with its labels, as `name{customer=...}`. */
function recordedIn(text: string): string[] {
  const rules = text.split("      - ").slice(1);
  return rules.flatMap((rule) => {
    const [, name] = /^record: (.*)$/m.exec(rule) ?? [];
    const labels = [...rule.matchAll(/^ {10}(customer|contract|network|time_zone): (.*)$/gm)].map(
      ([, label, value]) => `${label}=${value}`,
    );
    return name === undefined ? [] : [`${name}{${labels.join(",")}}`];
  });
}

describe("the rule file", () => {
  it("records each contract and each network, this month and the one before", () => {
    const contract = contractOf({ name: "transit", commitBps: 1_000_000 });
    const months = (metric: string, labels: string): string[] => [
      `acct:${metric}:month{${labels}}`,
      `acct:${metric}:previous_month{${labels}}`,
    ];
    const rates = (metric: string, labels: string): string[] => [
      `acct:${metric}:p95_month{${labels}}`,
      `acct:${metric}:p95_previous_month{${labels}}`,
    ];
    const customer = 'customer="acmecorp",contract="transit"';
    const expected = [
      ...[customer, 'customer="office"'].flatMap((labels) => [
        ...rates("customer_bps", labels),
        ...months("customer_billable_bps", labels),
        ...months("customer_coverage", labels),
      ]),
      ...months("customer_commit_bps", customer),
      `acct:customer_burst_intervals:month{${customer}}`,
      `acct:customer_burst_intervals_left:month{${customer}}`,
      ...['network="acme-fra"', 'network="office"'].flatMap((labels) => [
        ...rates("network_bps", labels),
        ...months("network_coverage", labels),
      ]),
    ];
    expect(recordedIn(textOf([contract])).sort()).toEqual(expected.sort());
  });

  it("has neither a commit nor a burst budget without a commit, and no alert about it", () => {
    expect(textOf([contractOf()])).not.toMatch(/burst|commit_bps/);
    expect(textOf([contractOf({ commitBps: 5 })])).toContain("alert: AcctCommitNearlyReached");
  });

  it("alerts a contract without a name apart from one with a name", () => {
    const text = textOf([
      contractOf({ commitBps: 5 }),
      contractOf({ commitBps: 5, name: "b", percentilePerMille: 990 }),
    ]);
    expect(text).toContain('{customer="acmecorp",contract=""} < 40');
    expect(text).toContain('{customer="acmecorp",contract="b"} < 8');
  });

  it("leaves the interval to the server where there is little to evaluate, and repeats what is evaluated seldom", () => {
    expect(textOf([contractOf()])).not.toMatch(/interval: \d|_slow/);
    const networks = Array.from({ length: 1_000 }, (_, index) => ({ ...ACME, name: `net-${index}` }));
    const text = textOf([contractOf()], networks);
    expect(text).toMatch(/interval: 7m\n/);
    expect(recordedIn(text).filter((one) => one.includes("net-7}") || one.includes('-7"'))).toEqual([
      'acct:network_bps:p95_month_slow{network="net-7",time_zone="UTC"}',
      'acct:network_coverage:month_slow{network="net-7",time_zone="UTC"}',
      'acct:network_bps:p95_previous_month_slow{network="net-7",time_zone="UTC"}',
      'acct:network_coverage:previous_month_slow{network="net-7",time_zone="UTC"}',
    ]);
    expect(recordedIn(text)).toContain("acct:network_bps:p95_previous_month{}");
  });

  it("takes a quarter of a processor at most", () => {
    expect([1, 15, 16, 60, 61, 900].map((seconds) => paceOf(seconds))).toEqual([
      { interval: null, repeatedFor: null },
      { interval: null, repeatedFor: null },
      { interval: "2m", repeatedFor: null },
      { interval: "4m", repeatedFor: null },
      { interval: "5m", repeatedFor: "15m" },
      { interval: "60m", repeatedFor: "180m" },
    ]);
  });

  it("says which contracts follow one another", () => {
    const text = textOf([contractOf({ ends: "2026-10-31" }), contractOf({ starts: "2026-11-01" })]);
    expect(text).toContain('# "acmecorp": of its 2 contracts the newest that had begun is recorded');
  });
});

describe("contracts of one customer and name", () => {
  it("are in the order of their days, without those that ended before the previous month", () => {
    const [past, old, next] = [
      contractOf({ ends: "2026-08-31" }),
      contractOf({ starts: "2026-09-01", ends: "2026-10-31" }),
      contractOf({ starts: "2026-11-01" }),
    ];
    const named = contractOf({ name: "transit" });
    expect(contractChains([next, named, past, old], NOW_MS)).toEqual([[old, next], [named]]);
  });
});

describe("a network", () => {
  const of = (...contracts: Contract[]): Contract | undefined =>
    networkContracts(contracts, [ACME], { nowMs: NOW_MS, byteLayer: "ip" })[0]?.contract;

  it("is recorded by the contract that selects it and covers today", () => {
    const past = contractOf({ ends: "2026-11-20" });
    const other = contractOf({ name: "test", selector: { customer: "acmecorp", environment: "test" } });
    const today = contractOf({ starts: "2026-11-21" });
    expect([of(past, other, today), of(other, past), of(other)]).toEqual([today, past, other]);
  });

  it("is recorded by the defaults where no contract is its customer's", () => {
    expect(of(contractOf({ customer: "globex", selector: { customer: "globex" } }))).toMatchObject({
      customer: "acmecorp",
      timeZone: "UTC",
      percentilePerMille: 950,
    });
  });
});

describe("any text as a label's value", () => {
  it("is in a selector what it was, in characters that a YAML file may have", () => {
    const text = oneof(string({ unit: "binary" }), string({ unit: "grapheme" }));
    assert(
      property(text, (value) => {
        const written = selector("up", { customer: value });
        expect(written).toMatch(/^[\t\x20-\x7e\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u);
        const escaped = written.slice('up{customer="'.length, -2);
        expect(unescaped(escaped)).toBe(value);
      }),
    );
  });
});

/** The escapes of Go's strings that are in use, read as Go reads them. */
function unescaped(text: string): string {
  const short: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", b: "\b", f: "\f", '"': '"', "\\": "\\" };
  return text.replace(/\\(u[\da-f]{4}|U[\da-f]{8}|.)/gu, (_, escape: string) => {
    if (!/^[uU]./.test(escape)) return short[escape] ?? "?";
    return String.fromCodePoint(Number.parseInt(escape.slice(1), 16));
  });
}
