// What the recording rules say at the edges of months, and while and after intervals are missing, in both engines.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { MonthName } from "../../src/billing/rules/month.ts";
import { repeatingGroup, slowRule } from "../../src/billing/rules/pace.ts";
import { Calendar } from "../../src/model/calendar.ts";
import { pushIntervals, pushSamples } from "../support/interval-pushes.ts";
import { type MetricsServer, startPrometheus } from "../support/prometheus.ts";
import { SeededRandom, testSeed } from "../support/seeded-random.ts";
import { startVictoriaMetrics } from "../support/victoria-metrics.ts";
import { waitFor } from "../support/wait-for.ts";
import { contractOf } from "../unit/billing/billing-fixture.ts";
import { billedFigures, DAY_MS, during, HOUR_MS, INTERVAL_MS, NO_FIGURES, observed, recorded } from "./rules-world.ts";

const ENGINES = [
  ["Prometheus", () => startPrometheus({ outOfOrder: true })],
  ["VictoriaMetrics", () => startVictoriaMetrics(["-retentionPeriod=100y"])],
] as const;

const random = new SeededRandom(testSeed());

/** Agents of a zone from the middle of August to the middle of October 2026, a customer for each zone. */
function zoneOf(timeZone: string) {
  const customer = timeZone;
  const times = { fromMs: Date.UTC(2026, 7, 20), toMs: Date.UTC(2026, 9, 12) };
  const labels = { customer };
  return {
    timeZone,
    contract: contractOf({ customer, selector: { customer }, timeZone, commitBps: 80_000_000 }),
    times,
    series: ["edge-01", "edge-02"].map((instance) => observed(random, { instance, labels, ...times })),
  };
}

/** What the bill says of what had passed by then; the interval that ends at `timeMs` is complete, and its month goes on. */
function billedAt({ contract, series }: ReturnType<typeof zoneOf>, month: MonthName, timeMs: number) {
  const calendar = new Calendar(contract.timeZone);
  const current = calendar.monthAt(Math.floor(timeMs / INTERVAL_MS) * INTERVAL_MS - INTERVAL_MS);
  const { period, endMs } = month === "month" ? current : calendar.monthBefore(current);
  const known = series.map((one) => during(one, (startMs) => startMs + INTERVAL_MS <= timeMs));
  const at = { month: `${period.slice(0, 4)}-${period.slice(4)}`, timeMs: Math.min(timeMs, endMs) };
  const figures = billedFigures(contract, known, at);
  return { ...figures, ...(month === "month" ? {} : { burst: null, burstLeft: null }), period };
}

const ZONES = ["UTC", "Europe/Berlin", "America/New_York"].map(zoneOf);
const [UTC = zoneOf("UTC")] = ZONES;

describe.each(ENGINES)("recorded in %s", (_, start) => {
  let server: MetricsServer;
  const HOLE = [Date.UTC(2026, 9, 3), Date.UTC(2026, 9, 5)] as const;
  const inHole = (startMs: number): boolean => startMs >= HOLE[0] && startMs < HOLE[1];
  const before = UTC.series.map((one) => during(one, (startMs) => !inHole(startMs)));

  beforeAll(async () => {
    server = await start();
    for (const { timeZone, times, series } of ZONES) {
      const pushed = series.map((one) => during(one, (startMs) => timeZone !== "UTC" || !inHole(startMs)));
      await pushIntervals(server.writeUrl, { series: pushed, timeZone, calendar: times });
    }
  });

  afterAll(async () => {
    await server[Symbol.asyncDispose]();
  });

  it.each(ZONES.filter(({ timeZone }) => timeZone !== "UTC"))(
    "the month of $timeZone, and not of UTC, from its first interval on",
    async (zone) => {
      const { startMs } = new Calendar(zone.timeZone).month("202610");
      // Between the months' edges of the zone and of UTC, too.
      const between = Math.round((startMs + Date.UTC(2026, 9, 1)) / 2) + 1;
      const later = [0, INTERVAL_MS, 4 * HOUR_MS + 1_001, 3 * DAY_MS].map((ms) => startMs + ms);
      for (const timeMs of [...later, between]) {
        for (const month of ["month", "previous_month"] as const) {
          const figures = await recorded(server, [zone.contract], { month, timeMs });
          const at = { seed: random.seed, time: new Date(timeMs).toISOString() };
          expect({ ...at, ...figures }).toEqual({ ...at, ...billedAt(zone, month, timeMs) });
        }
      }
    },
  );

  it("the month that was, and to date, as long as agents are silent for less than two days; then nothing", async () => {
    const [, , { series, contract, times } = UTC] = ZONES;
    const ended = await recorded(server, [contract], { month: "month", timeMs: times.toMs + 1_000 });
    expect(ended).toMatchObject(billedFigures(contract, series, { month: "2026-10", timeMs: times.toMs }));
    const silent = await recorded(server, [contract], { month: "month", timeMs: times.toMs + 47 * HOUR_MS });
    expect(silent).toEqual(ended);
    const gone = await recorded(server, [contract], { month: "month", timeMs: times.toMs + 49 * HOUR_MS });
    expect(gone).toEqual({ ...NO_FIGURES, period: null });
  });

  it("what is evaluated seldom, repeated in the month that it is of, in every zone", async () => {
    const record = "acct:network_bps:p95_month";
    const slow = { interval: "10m", repeatedFor: "30m" };
    const [rule] = repeatingGroup([record], { month: slow, previous_month: slow })?.rules ?? [];
    const asRecorded = slowRule({ record, expr: "", labels: {} }, "UTC");
    expect(asRecorded).toMatchObject({ record: `${record}_slow`, labels: { time_zone: "UTC" } });
    const samples = ZONES.flatMap(({ timeZone }) => ["202609", "202610"].map((period) => ({ timeZone, period })));
    const { startMs } = new Calendar("Europe/Berlin").month("202610");
    await pushSamples(
      server.writeUrl,
      samples.map(({ timeZone, period }) => ({
        name: asRecorded.record,
        labels: { network: timeZone, time_zone: timeZone, period },
        timeMs: startMs + 11 * 60_000,
        value: 1,
      })),
    );
    const found = await waitFor("repeated figures", async () => {
      const series = await server.query(rule?.expr ?? "", startMs + 20 * 60_000);
      return series.length === 0 ? null : series.map(({ labels }) => labels);
    });
    expect(found.toSorted((a, b) => ((a["network"] ?? "") < (b["network"] ?? "") ? -1 : 1))).toEqual([
      { network: "America/New_York", period: "202609", job: "acct-agent" },
      { network: "Europe/Berlin", period: "202610", job: "acct-agent" },
      { network: "UTC", period: "202609", job: "acct-agent" },
    ]);
  });

  it("a hole of two days by the gap policy, flagged; and the whole month once it is back-filled", async () => {
    const timeMs = UTC.times.toMs + 5_000;
    const policies = [UTC.contract, { ...UTC.contract, gaps: "exclude" } as const];
    const figures = await Promise.all(policies.map((one) => recorded(server, [one], { month: "month", timeMs })));
    const bills = policies.map((one) => billedFigures(one, before, { month: "2026-10", timeMs }));
    expect(figures).toEqual(bills.map((bill) => ({ ...bill, period: "202610" })));
    expect(figures.map(({ coverage }) => coverage)).toEqual([9 / 11, 9 / 11]);
    const series = UTC.series.map((one) => during(one, inHole));
    await pushIntervals(server.writeUrl, { series, timeZone: "UTC", calendar: null });
    const whole = billedFigures(UTC.contract, UTC.series, { month: "2026-10", timeMs });
    expect(whole.coverage).toBe(1);
    for (const contract of policies) {
      // VictoriaMetrics answers from its cache until it notices what was back-filled.
      await waitFor("the figures of the whole month", async () => {
        const filled = await recorded(server, [contract], { month: "month", timeMs });
        expect(filled).toEqual({ ...whole, period: "202610" });
        return true;
      });
    }
  });
});
