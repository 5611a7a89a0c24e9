// The rule file as promtool and vmalert judge it, with whatever names customers have, and how its alerts fire.

import { readFile, stat, writeFile } from "node:fs/promises";
import { sample, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { rulesText } from "../../src/billing/rules/rules.ts";
import { main } from "../../src/cli/main.ts";
import { loadConfig } from "../../src/config/config.ts";
import type { Contract } from "../../src/model/contract.ts";
import { promtool, vmalertDryRun } from "../support/rule-tools.ts";
import { testSeed } from "../support/seeded-random.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { contractOf } from "../unit/billing/billing-fixture.ts";

const NOW_MS = Date.UTC(2026, 10, 21, 12);
const AWKWARD = [
  'Müller "& Söhne"\n',
  "$1 {{ $x }} {{ $labels.x }} {{",
  "back\\slash",
  "'; # not a comment: |-",
  "\u0000\u0007\u007f\u0085\u2028\ufeff\ufffe",
  "  spaces  ",
  "%{}[]!&*@`",
  "${x}",
  "🚀 \u{1fffe} שלום",
];

function contractsOf(names: readonly string[]): Contract[] {
  const [zero, exclude] = [{ gaps: "zero" }, { gaps: "exclude", aggregation: "sum_of_percentiles" }] as const;
  return names.map((customer, index) =>
    contractOf({
      customer,
      name: `of ${customer}`,
      selector: { customer },
      commitBps: 1_500_001,
      timeZone: "America/New_York",
      ...(index % 2 === 0 ? zero : exclude),
    }),
  );
}

describe("the rule file", () => {
  it("is valid for Prometheus and vmalert whatever customers and networks are called", async () => {
    const seed = testSeed();
    const random = sample(string({ unit: "binary", minLength: 1, maxLength: 12 }), { numRuns: 30, seed });
    const names = [...new Set([...AWKWARD, ...random])];
    const networks = names.map((name) => ({ name, labels: { customer: name } }));
    const text = rulesText({ contracts: contractsOf(names), networks, byteLayer: "ip", nowMs: NOW_MS });
    await using folder = await tempFolder();
    const file = folder.file("rules.yml");
    await writeFile(file, text);
    const judged = await promtool("check", "rules", "--lint-fatal", file);
    expect({ seed, judged }).toEqual({ seed, judged: expect.stringContaining("SUCCESS") });
    await vmalertDryRun(file);
  });

  it("is what the command writes, for everyone to read, and only where the configuration is right", async () => {
    await using folder = await tempFolder();
    const output = folder.file("rules.yml");
    expect(await main(["rules", "--config", "deploy/prometheus/agent.toml", "--output", output])).toBe(0);
    expect(await promtool("check", "rules", output)).toContain("SUCCESS");
    expect((await stat(output)).mode & 0o777).toBe(0o644);
    expect(await main(["rules", "--config", folder.file("none.toml"), "--output", output])).toBe(2);
    expect(await main(["rules", "--config", "deploy/prometheus/agent.toml", "--output", ""])).toBe(2);
  });

  it("in deploy/prometheus is that of the configuration next to it", async () => {
    const { contracts, networks, account } = loadConfig("deploy/prometheus/agent.toml");
    const text = rulesText({ contracts, networks, byteLayer: account.byteLayer, nowMs: NOW_MS });
    expect(await readFile("deploy/prometheus/acct-agent.rules.yml", "utf8")).toBe(text);
    await expect(promtool("check", "config", "deploy/prometheus/prometheus.yml")).resolves.toContain("SUCCESS");
    await vmalertDryRun("deploy/prometheus/acct-agent.rules.yml");
  });
});

const SELF = 'instance="edge-01",job="acct-agent"';
const ENDPOINT = `${SELF},endpoint="central"`;
const INTERFACE = `${SELF},interface="eth0"`;
const CLOSES = `${SELF},result="failed"`;
const CALENDAR = 'acct_period_intervals{instance="edge-01",job="acct-agent",time_zone="UTC",period="197001"';

/** 200 intervals of one customer, of which the k-th has 37,500 bytes x k. promtool stops at 10,000 samples in a query. */
const BILLED = [
  {
    series: `acct_interval_bytes{${SELF},customer="acmecorp",network="acme-fra",interface="eth0",direction="in",time_zone="UTC",period="197001"}`,
    values: "_ 37500+37500x199",
  },
  { series: `${CALENDAR},which="current"}`, values: "_ 1+1x199" },
  { series: `${CALENDAR.replace("197001", "196912")},which="previous"}`, values: "_ 8928x199" },
];

describe("promtool runs", () => {
  /** Unit tests of rules in promtool's own form; JSON is YAML. */
  async function results(...tests: readonly unknown[]): Promise<string> {
    await using folder = await tempFolder();
    const contracts = [contractOf({ commitBps: 180_000 })];
    await writeFile(folder.file("rules.yml"), rulesText({ contracts, networks: [], byteLayer: "ip", nowMs: 0 }));
    const file = { rule_files: ["rules.yml"], evaluation_interval: "5m", tests };
    await writeFile(folder.file("test.yml"), JSON.stringify(file));
    return await promtool("test", "rules", folder.file("test.yml"));
  }

  it("recording rules: the 11th value from the top of 200", async () => {
    const labels = '{customer="acmecorp",period="197001"}';
    const one = (name: string, value: number, more = "") => ({
      expr: name,
      eval_time: "1000m",
      exp_samples: [{ labels: `${name}${labels.replace("{", `{${more}`)}`, value }],
    });
    const billed = await results({
      interval: "5m",
      input_series: BILLED,
      promql_expr_test: [
        one("acct:customer_bps:p95_month", 190_000, 'direction="in",'),
        one("acct:customer_billable_bps:month", 190_000),
        one("acct:customer_coverage:month", 1),
        one("acct:customer_commit_bps:month", 180_000),
        one("acct:customer_burst_intervals:month", 446),
        // 446 of 8928 intervals, and 64 were above 800 kbit/s.
        one("acct:customer_burst_intervals_left:month", 446 - 20),
        { expr: "acct:customer_bps:p95_previous_month", eval_time: "1000m", exp_samples: [] },
      ],
    });
    expect(billed).toContain("SUCCESS");
  });

  const alerts = [
    ["AcctAgentSilent", `${CALENDAR},which="current"}`, "1+1x3 _x60", 'severity="critical",instance="edge-01"'],
    [
      "AcctCompletenessLow",
      `acct_window_completeness_ratio{${INTERFACE}}`,
      "0.5x60",
      `severity="warning",${INTERFACE}`,
    ],
    [
      "AcctBacklogOld",
      `acct_buffer_oldest_pending_timestamp_seconds{${ENDPOINT}}`,
      "300x60",
      `severity="warning",${ENDPOINT}`,
    ],
    ["AcctDeadLetters", `acct_ship_dead_letters{${ENDPOINT}}`, "3x60", `severity="warning",${ENDPOINT}`],
    ["AcctCaptureDown", `acct_capture_up{${INTERFACE}}`, "0x60", `severity="critical",${INTERFACE}`],
    ["AcctCloseFailed", `acct_billing_closes_total{${CLOSES}}`, "0+0x40 1x20", `severity="warning",${CLOSES}`],
    ["AcctClockSkew", `acct_ship_clock_skew_seconds{${ENDPOINT}}`, "-45x60", `severity="warning",${ENDPOINT}`],
  ] as const;

  it.each(alerts)("%s", async (alert, series, values, labels) => {
    expect(await results(firing(alert, [{ series, values }], labels))).toContain("SUCCESS");
  });

  it("AcctLedgerFilling above 80 %, and not below", async () => {
    const of = (bytes: string) => [
      { series: `acct_buffer_ledger_bytes{${SELF}}`, values: bytes },
      { series: `acct_buffer_max_bytes{${SELF}}`, values: "1000x60" },
    ];
    const fires = await results(
      firing("AcctLedgerFilling", of("801x60"), `severity="critical",${SELF}`),
      firing("AcctLedgerFilling", of("800x60"), null),
    );
    expect(fires).toContain("SUCCESS");
  });

  it("no alert where all is well", async () => {
    const well = [
      { series: `${CALENDAR},which="current"}`, values: "1+1x60" },
      { series: `acct_window_completeness_ratio{${INTERFACE}}`, values: "1x60" },
      { series: `acct_buffer_oldest_pending_timestamp_seconds{${ENDPOINT}}`, values: "0x60" },
      { series: `acct_ship_dead_letters{${ENDPOINT}}`, values: "0x60" },
      { series: `acct_ship_clock_skew_seconds{${ENDPOINT}}`, values: "2x60" },
      { series: `acct_capture_up{${INTERFACE}}`, values: "1x60" },
      { series: `acct_billing_closes_total{${CLOSES}}`, values: "1x60" },
    ];
    expect(await results(...alerts.map(([alert]) => firing(alert, well, null)))).toContain("SUCCESS");
  });

  it("AcctCoverageLow and AcctCommitNearlyReached of recorded figures", async () => {
    const recorded = (name: string, value: string) => [
      { series: `${name}{customer="acmecorp",period="197001"}`, values: `${value}x60` },
    ];
    const labels = 'severity="warning",customer="acmecorp",period="197001"';
    const fires = await results(
      firing("AcctCoverageLow", recorded("acct:customer_coverage:month", "0.98"), labels),
      firing("AcctCoverageLow", recorded("acct:customer_coverage:previous_month", "1"), null),
      firing("AcctCommitNearlyReached", recorded("acct:customer_burst_intervals_left:month", "39"), labels),
      firing("AcctCommitNearlyReached", recorded("acct:customer_burst_intervals_left:month", "40"), null),
    );
    expect(fires).toContain("SUCCESS");
  });
});

/** A test that the alert fires four hours on with these labels, or (null) does not. */
function firing(alert: string, series: readonly { series: string; values: string }[], labels: string | null) {
  const name = `ALERTS{alertname="${alert}",alertstate="firing"`;
  const exp_samples = labels === null ? [] : [{ labels: `${name},${labels}}`, value: 1 }];
  return {
    interval: "5m",
    input_series: series,
    promql_expr_test: [{ expr: `${name}}`, eval_time: "4h", exp_samples }],
  };
}
