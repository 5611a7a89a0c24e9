// What the recording rules say, in a real Prometheus and a real VictoriaMetrics, next to the bills of the same intervals.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { contractChains, customerRules } from "../../src/billing/rules/customer-rules.ts";
import { networkRules } from "../../src/billing/rules/network-rules.ts";
import { Calendar } from "../../src/model/calendar.ts";
import type { Contract } from "../../src/model/contract.ts";
import { pushIntervals } from "../support/interval-pushes.ts";
import { type MetricsServer, startPrometheus } from "../support/prometheus.ts";
import { SeededRandom, testSeed } from "../support/seeded-random.ts";
import { startVictoriaMetrics } from "../support/victoria-metrics.ts";
import { contractOf } from "../unit/billing/billing-fixture.ts";
import { billedFigures, DAY_MS, during, HOUR_MS, INTERVAL_MS, NO_FIGURES, observed, recorded } from "./rules-world.ts";

const ENGINES = [
  ["Prometheus", () => startPrometheus({ outOfOrder: true })],
  ["VictoriaMetrics", () => startVictoriaMetrics(["-retentionPeriod=100y"])],
] as const;

/** An hour after the clocks of Berlin were set back, and some days on. */
const NOW_MS = Date.UTC(2026, 9, 27, 13);
/** Seconds after the interval ended, and at no whole second. */
const AT_MS = NOW_MS + 17_123;
const ZONE = "Europe/Berlin";
const calendar = new Calendar(ZONE);
const october = calendar.monthAt(NOW_MS);
const september = calendar.monthBefore(october);
const FROM_MS = september.startMs - 3 * DAY_MS;
const COMMIT = { timeZone: ZONE, commitBps: 80_000_000 };

const random = new SeededRandom(testSeed());
const lastDays = { fromMs: october.startMs - 2 * DAY_MS, toMs: NOW_MS };
const SERIES = [
  observed(random, {
    instance: "edge-01",
    fromMs: FROM_MS,
    toMs: NOW_MS,
    gaps: [
      [september.startMs + 4 * DAY_MS, september.startMs + 5 * DAY_MS],
      [october.startMs + 3 * DAY_MS, october.startMs + 5 * DAY_MS],
    ],
  }),
  observed(random, {
    instance: "edge-02",
    fromMs: september.startMs + 10 * DAY_MS + 7 * INTERVAL_MS,
    toMs: NOW_MS,
    gaps: [[october.startMs + 4 * DAY_MS, october.startMs + 6 * DAY_MS]],
  }),
  observed(random, { instance: "edge-02", interface: "eth1", fromMs: october.startMs + 75 * HOUR_MS, toMs: NOW_MS }),
  observed(random, { instance: "edge-02", network: "acme-ber", ...lastDays, gaps: [[NOW_MS - 2 * DAY_MS, NOW_MS]] }),
];

/** Customers of whom as many intervals were observed as are discarded, and one more. */
const DISCARDED = Math.floor((NOW_MS - october.startMs) / INTERVAL_MS / 20);
const FEW = [DISCARDED, DISCARDED + 1].map((count) => {
  const customer = `few-${count}`;
  return observed(random, {
    instance: "edge-01",
    network: customer,
    labels: { customer },
    fromMs: NOW_MS - count * INTERVAL_MS,
    toMs: NOW_MS,
  });
});

const VARIANTS: readonly (readonly [string, Partial<Contract>])[] = [
  ["the defaults", {}],
  ["gaps left out", { gaps: "exclude" }],
  ["the larger direction of each interval", { direction: "percentile_of_max" }],
  ["both directions in one", { direction: "percentile_of_sum" }],
  ["percentiles of the directions added", { direction: "sum_of_percentiles" }],
  ["one direction alone", { direction: "out", percentilePerMille: 900 }],
  ["percentiles of networks and agents added", { aggregation: "sum_of_percentiles" }],
  [
    "larger directions of networks and agents added",
    { aggregation: "sum_of_percentiles", direction: "percentile_of_max" },
  ],
  [
    "percentiles of networks and agents added without gaps",
    { aggregation: "sum_of_percentiles", direction: "in", gaps: "exclude" },
  ],
  ["the median", { percentilePerMille: 500 }],
  ["the maximum", { percentilePerMille: 1000 }],
  ["a percentile near the minimum", { percentilePerMille: 3 }],
  ["a contract that began this month", { starts: "2026-10-10" }],
  ["a contract that began this month, its own period", { starts: "2026-10-10", partialMonths: "own_period" }],
  [
    "a contract of parts of two months",
    { starts: "2026-09-12", ends: "2026-10-24", partialMonths: "prorate", gaps: "exclude" },
  ],
];

describe.each(ENGINES)("recorded in %s", (_, start) => {
  let server: MetricsServer;

  beforeAll(async () => {
    server = await start();
    await pushIntervals(server.writeUrl, {
      series: [...SERIES, ...FEW],
      timeZone: ZONE,
      calendar: { fromMs: FROM_MS, toMs: NOW_MS },
    });
  });

  afterAll(async () => {
    await server[Symbol.asyncDispose]();
  });

  it.each(VARIANTS)("%s: the bill's figures to the byte, of this month and the one before", async (_name, changes) => {
    const contract = contractOf({ ...COMMIT, ...changes });
    const { seed } = random;
    const month = await recorded(server, [contract], { month: "month", timeMs: AT_MS });
    const expected = billedFigures(contract, SERIES, { month: "2026-10", timeMs: AT_MS });
    expect({ ...month, seed }).toEqual({ ...expected, period: "202610", seed });
    const previous = await recorded(server, [contract], { month: "previous_month", timeMs: AT_MS });
    const before = billedFigures(contract, SERIES, { month: "2026-09", timeMs: AT_MS });
    expect({ ...previous, seed }).toEqual({
      ...before,
      burst: null,
      burstLeft: null,
      period: before.in === null ? null : "202609",
      seed,
    });
  });

  it("a contract that another follows until its day comes", async () => {
    const old = contractOf({ ...COMMIT, ends: "2026-09-30" });
    const next = contractOf({ ...COMMIT, starts: "2026-10-01", percentilePerMille: 900 });
    const previous = await recorded(server, [next, old], { month: "previous_month", timeMs: AT_MS });
    const before = billedFigures(old, SERIES, { month: "2026-09", timeMs: AT_MS });
    expect(previous).toMatchObject({ ...before, burst: null, burstLeft: null });
    const month = await recorded(server, [next, old], { month: "month", timeMs: AT_MS });
    expect(month).toMatchObject(billedFigures(next, SERIES, { month: "2026-10", timeMs: AT_MS }));
    const eveMs = october.startMs - HOUR_MS;
    const [chain] = contractChains([next, old], eveMs);
    const [bps] = chain === undefined ? [] : customerRules(chain, "month", eveMs);
    const onEve = await server.query(bps?.expr ?? "", eveMs + 1_000);
    const upToEve = SERIES.map((series) => during(series, (startMs) => startMs < eveMs));
    const { in: bytesIn } = billedFigures(old, upToEve, { month: "2026-09", timeMs: eveMs + 1_000 });
    expect(onEve.find(({ labels }) => labels["direction"] === "in")?.samples[0]?.value).toBe(
      ((bytesIn ?? 0) * 8) / 300,
    );
  });

  it("a network on all of its agents and interfaces", async () => {
    const contract = contractOf(COMMIT);
    const [bps, coverage] = networkRules({ network: "acme-fra", contract }, "month", AT_MS);
    const ofNetwork = SERIES.filter(({ network }) => network === "acme-fra");
    const expected = billedFigures(contract, ofNetwork, { month: "2026-10", timeMs: AT_MS });
    const rates = await server.query(bps?.expr ?? "", AT_MS);
    const byDirection = Object.fromEntries(
      rates.map(({ labels, samples }) => [labels["direction"], samples[0]?.value]),
    );
    expect(byDirection).toEqual({ in: ((expected.in ?? 0) * 8) / 300, out: ((expected.out ?? 0) * 8) / 300 });
    const [share] = await server.query(coverage?.expr ?? "", AT_MS);
    expect(share).toMatchObject({ labels: { period: "202610" }, samples: [{ value: expected.coverage }] });
  });

  it.each(FEW)("$labels.customer: 0 as long as all that is there is discarded, then the least", async (few) => {
    const contract = contractOf({ ...COMMIT, ...few.labels, selector: few.labels });
    const figures = await recorded(server, [contract], { month: "month", timeMs: AT_MS });
    expect(figures).toMatchObject(billedFigures(contract, [few], { month: "2026-10", timeMs: AT_MS }));
    expect(figures.in === 0).toBe(few.startsMs.length === DISCARDED);
  });

  it("nothing of a customer that pushed nothing, but what it committed to", async () => {
    const contract = contractOf({ ...COMMIT, customer: "globex", selector: { customer: "globex" } });
    const figures = await recorded(server, [contract], { month: "month", timeMs: AT_MS });
    expect(figures).toEqual({ ...NO_FIGURES, commit: COMMIT.commitBps, burst: 447, period: "202610" });
  });
});
