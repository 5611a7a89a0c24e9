// The rule file at work: Prometheus and vmalert record what the bill says, and what is back-filled corrects it.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rulesText } from "../../src/billing/rules/rules.ts";
import { Calendar } from "../../src/model/calendar.ts";
import { pushIntervals } from "../support/interval-pushes.ts";
import type { ReadSeries } from "../support/prometheus.ts";
import { RECORDERS, type RuleRecorder } from "../support/rule-recorders.ts";
import { SeededRandom, testSeed } from "../support/seeded-random.ts";
import { waitFor } from "../support/wait-for.ts";
import { contractOf } from "../unit/billing/billing-fixture.ts";
import { billedFigures, DAY_MS, during, INTERVAL_MS, observed } from "./rules-world.ts";

/** The grid's last point, which the test begins after. */
const NOW_MS = Math.floor(Date.now() / INTERVAL_MS) * INTERVAL_MS;
const calendar = new Calendar("UTC");
/** The newest whole month: it does not change while the test runs, unless a month ends just then. */
const month = calendar.monthBefore(calendar.monthAt(NOW_MS - INTERVAL_MS));
const MONTH = `${month.period.slice(0, 4)}-${month.period.slice(4)}`;
const random = new SeededRandom(testSeed());
const CUSTOMER = 'Müller "& Söhne" {{ $x }}\\';
const LABELS = { customer: CUSTOMER };
const TIMES = { fromMs: month.startMs, toMs: NOW_MS, labels: LABELS };
const SERIES = ["edge-01", "edge-02"].map((instance) => observed(random, { instance, ...TIMES }));
const inHole = (startMs: number): boolean =>
  startMs >= month.startMs + 5 * DAY_MS && startMs < month.startMs + 7 * DAY_MS;

const CONTRACT = contractOf({ customer: CUSTOMER, name: "transit", selector: LABELS, commitBps: 80_000_000 });
const NETWORKS = [{ name: "acme-fra", labels: LABELS }];
const RULES = rulesText({ contracts: [CONTRACT], networks: NETWORKS, byteLayer: "ip", nowMs: NOW_MS });

describe.each(RECORDERS)("%s", (_, start) => {
  let recorder: RuleRecorder;

  beforeAll(async () => {
    recorder = await start();
    await push((startMs) => !inHole(startMs), true);
    await recorder.evaluate(RULES);
  });

  afterAll(async () => {
    await recorder[Symbol.asyncDispose]();
  });

  async function push(keep: (startMs: number) => boolean, isLive: boolean): Promise<void> {
    const series = SERIES.map((one) => during(one, keep));
    const times = isLive ? { fromMs: month.startMs, toMs: NOW_MS } : null;
    await pushIntervals(recorder.server.writeUrl, { series, timeZone: "UTC", calendar: times });
  }

  /** The recorded series of a name, as soon as there is one whose value is as it should be. */
  async function recordedSeries(name: string, isExpected: (value: number) => boolean): Promise<ReadSeries> {
    const find = async (): Promise<ReadSeries | null> => {
      const [series] = await recorder.server.query(name);
      const value = series?.samples[0]?.value;
      return series !== undefined && value !== undefined && isExpected(value) ? series : null;
    };
    // VictoriaMetrics takes 10 s to find series that it was asked for before they were there.
    return await waitFor(name, find, { timeoutMs: 60_000, intervalMs: 100 });
  }

  it("records what the bill says, flagged by its coverage; then the whole month", async () => {
    const gapped = SERIES.map((one) => during(one, (startMs) => !inHole(startMs)));
    for (const series of [gapped, SERIES]) {
      if (series === SERIES) await push(inHole, false);
      const { in: bytesIn, billable, coverage } = billedFigures(CONTRACT, series, { month: MONTH, timeMs: NOW_MS });
      const rate = (bytes: number | null) => (value: number) => Math.round((value * 300) / 8) === bytes;
      // VictoriaMetrics keeps decimal digits, not every double.
      const isCoverage = (value: number): boolean => Math.abs(value - (coverage ?? 0)) < 1e-12;
      const share = await recordedSeries("acct:customer_coverage:previous_month", isCoverage);
      const labels = { customer: CUSTOMER, contract: "transit", period: month.period };
      expect(share.labels).toEqual({ __name__: "acct:customer_coverage:previous_month", ...labels });
      expect(coverage === 1).toBe(series === SERIES);
      const inwards = 'acct:customer_bps:p95_previous_month{direction="in"}';
      expect((await recordedSeries(inwards, rate(bytesIn))).labels).toMatchObject({ ...labels, direction: "in" });
      const billed = await recordedSeries("acct:customer_billable_bps:previous_month", rate(billable));
      expect(billed.labels).toMatchObject(labels);
      const network = 'acct:network_bps:p95_previous_month{direction="in"}';
      const ofNetwork = { network: "acme-fra", direction: "in", period: month.period };
      expect((await recordedSeries(network, rate(bytesIn))).labels).toMatchObject(ofNetwork);
    }
  });

  it("records the running month, and its burst budget", async () => {
    const { period } = calendar.monthAt(NOW_MS - INTERVAL_MS);
    const to = { month: `${period.slice(0, 4)}-${period.slice(4)}`, timeMs: NOW_MS };
    const { billable, burstLeft } = billedFigures(CONTRACT, SERIES, to);
    const name = "acct:customer_billable_bps:month";
    const billed = await recordedSeries(name, (value) => Math.round((value * 300) / 8) === billable);
    expect(billed.labels).toMatchObject({ customer: CUSTOMER, period });
    await recordedSeries("acct:customer_burst_intervals_left:month", (value) => value === burstLeft);
  });
});
