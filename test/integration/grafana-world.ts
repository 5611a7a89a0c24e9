// Three customers on two agents, from the previous month's first interval to now, with what agents say of themselves in the last
// hours; pushed into a database whose rules are being evaluated.

import { rulesText } from "../../src/billing/rules/rules.ts";
import { CaptureMetrics } from "../../src/capture/capture-metrics.ts";
import { Calendar } from "../../src/model/calendar.ts";
import type { Contract } from "../../src/model/contract.ts";
import { emptyTotals } from "../../src/model/window.ts";
import { MonthClose } from "../../src/month-close.ts";
import { MessageReport } from "../../src/ship/message-report.ts";
import { ShipMetrics } from "../../src/ship/ship-metrics.ts";
import { AgentMetrics } from "../../src/telemetry/agent-metrics.ts";
import { ClockWatch } from "../../src/telemetry/clock-watch.ts";
import { createMetrics, type SelfSample, selfSamples } from "../../src/telemetry/metrics.ts";
import { type LabelledSeries, type NamedSample, pushIntervals, pushSamples } from "../support/interval-pushes.ts";
import type { View } from "../support/grafana.ts";
import type { MetricsServer, ReadSeries } from "../support/prometheus.ts";
import type { SeededRandom } from "../support/seeded-random.ts";
import { contractOf } from "../unit/billing/billing-fixture.ts";
import { memoryLog } from "../unit/ship/memory-log.ts";
import { DAY_MS, HOUR_MS, INTERVAL_MS, observed } from "./rules-world.ts";

/** The last point of the grid before the test. */
export const NOW_MS = Math.floor(Date.now() / INTERVAL_MS) * INTERVAL_MS;
/** What its name is made of means something in regular expressions. */
export const ACME = "Acme, Inc. (1+1)";
/** A network without the label customer. */
export const OFFICE = "office";
export const AGENTS = ["edge-01.fra", "edge-02.fra"] as const;

export const CONTRACTS = {
  acme: contractOf({ customer: ACME, selector: { customer: ACME }, timeZone: "Europe/Berlin", commitBps: 80_000_000 }),
  globex: contractOf({
    customer: "globex",
    name: "transit",
    selector: { customer: "globex" },
    commitBps: 10_000_000_000,
  }),
} as const satisfies Readonly<Record<string, Contract>>;

export const RULES = rulesText({
  contracts: Object.values(CONTRACTS),
  networks: [
    { name: "acme-fra", labels: { customer: ACME } },
    { name: "acme-ber", labels: { customer: ACME } },
    { name: "globex", labels: { customer: "globex" } },
    { name: OFFICE, labels: {} },
  ],
  byteLayer: "ip",
  nowMs: NOW_MS,
});

export interface World {
  readonly acme: readonly LabelledSeries[];
  readonly globex: readonly LabelledSeries[];
  readonly office: readonly LabelledSeries[];
}

export function makeWorld(random: SeededRandom): World {
  const berlin = new Calendar("Europe/Berlin");
  const fromMs = berlin.monthBefore(berlin.monthAt(NOW_MS - INTERVAL_MS)).startMs;
  const [first, second] = AGENTS;
  const times = { fromMs, toMs: NOW_MS };
  const acme = { ...times, labels: { customer: ACME } };
  const gaps = [[NOW_MS - 2 * HOUR_MS, NOW_MS - HOUR_MS]] as const;
  return {
    acme: [
      observed(random, { ...acme, instance: first }),
      observed(random, { ...acme, instance: second, gaps }),
      observed(random, { ...acme, instance: first, interface: "eth1", network: "acme-ber" }),
    ],
    globex: [observed(random, { ...times, instance: second, network: "globex", labels: { customer: "globex" } })],
    office: [observed(random, { ...times, instance: first, network: OFFICE, labels: {} })],
  };
}

/** Acme's are pushed for UTC, too, as they are where a second contract is in another zone. */
export async function pushWorld({ writeUrl }: MetricsServer, { acme, globex, office }: World): Promise<void> {
  const calendar = { fromMs: NOW_MS - 3 * DAY_MS, toMs: NOW_MS };
  await pushIntervals(writeUrl, { series: acme, timeZone: "Europe/Berlin", calendar });
  await pushIntervals(writeUrl, { series: [...acme, ...globex, ...office], timeZone: "UTC", calendar });
  await pushSamples(
    writeUrl,
    [...addressSamples(), ...(await ownSamples())].sort((a, b) => a.timeMs - b.timeMs),
  );
}

const WINDOW_MS = 60_000;
const WINDOWS = 180;

/** The last millisecond of each window of the last hours. */
function windowTimes(): readonly number[] {
  return Array.from({ length: WINDOWS }, (_, index) => NOW_MS - (WINDOWS - index - 1) * WINDOW_MS - 1);
}

/** Bytes of a window of each address: in, the out half of it. */
export const ADDRESSES = [
  { ip: "192.0.2.1", network: "acme-fra", instance: AGENTS[0], customer: ACME, bytes: 6_000_000 },
  { ip: "192.0.2.2", network: "acme-fra", instance: AGENTS[1], customer: ACME, bytes: 3_000_000 },
  { ip: "2001:db8:1::1", network: "acme-ber", instance: AGENTS[0], customer: ACME, bytes: 600_000 },
  { ip: "198.51.100.1", network: "globex", instance: AGENTS[1], customer: "globex", bytes: 900_000 },
  { ip: "203.0.113.1", network: OFFICE, instance: AGENTS[0], customer: null, bytes: 300_000 },
] as const;

function addressSamples(): NamedSample[] {
  return ADDRESSES.flatMap(({ bytes, customer, ...key }) =>
    (["in", "out"] as const).flatMap((direction) =>
      windowTimes().map((timeMs, index) => ({
        name: "acct_bytes_total",
        labels: { ...key, ...(customer === null ? {} : { customer }), interface: "eth0", direction },
        timeMs,
        value: index * (direction === "in" ? bytes : bytes / 2),
      })),
    ),
  );
}

async function ownSamples(): Promise<NamedSample[]> {
  const samples: NamedSample[] = [];
  for (const instance of AGENTS) {
    const agent = runningAgent();
    for (const timeMs of windowTimes()) {
      const ratio = { name: "acct_window_completeness_ratio", labels: { interface: "eth0" }, value: 0.999 };
      const own = [ratio, ...(await agent.window(timeMs))];
      samples.push(...own.map(({ name, labels, value }) => ({ name, labels: { ...labels, instance }, value, timeMs })));
    }
  }
  return samples;
}

/** Names of the metrics that an agent has of itself. */
export async function ownMetrics(): Promise<readonly string[]> {
  return [...new Set((await runningAgent().window(NOW_MS)).map(({ name }) => name))];
}

/** The agent's own metrics, moved as a healthy agent moves them: nothing dropped, nothing refused. */
function runningAgent(): { readonly window: (timeMs: number) => Promise<readonly SelfSample[]> } {
  const metrics = createMetrics();
  const { log } = memoryLog();
  const [agent, capture, ship] = [
    new AgentMetrics(metrics, "0.1.0"),
    new CaptureMetrics(metrics),
    new ShipMetrics(metrics),
  ];
  const state = { synchronized: true, estimatedErrorSeconds: 0.002, maxErrorSeconds: 0.25 };
  const clock = new ClockWatch(metrics, { log, read: () => state });
  const closing = { schedule: null, configFile: "agent.toml" };
  new MonthClose(closing, { log, metrics }).reconfigure(closing);
  new MessageReport(metrics).of("central", log);
  ship.begin("central");
  const dropped = { thinned: 0, dead_letter: 0, oldest: 0 };
  const window = (timeMs: number): Promise<readonly SelfSample[]> => {
    const totals = { ...emptyTotals(), frames: 60_000, ipPackets: 60_000, ipBytes: 30_000_000 };
    clock.observe();
    capture.up.set({ interface: "eth0" }, 1);
    capture.add("eth0", { totals, droppedFrames: 0, boundaryDelayMs: 3 });
    capture.setMapUse("eth0", 12, 131_072);
    agent.windowCommitted("eth0", 1, { samples: 100, requests: 1, bytes: 4_000, lateBytes: 0, durationMs: 4 });
    const pending = { requests: 1, samples: 100, oldestWindowEndMs: timeMs - 60_000, deadLetters: 0 };
    agent.observe([{ endpoint: "central", ...pending }], { usedBytes: 5_000_000, maxBytes: 2 ** 31, dropped });
    ship.samplesAccepted.inc({ endpoint: "central" }, 100);
    ship.requests.inc({ endpoint: "central", code: "204" });
    ship.sentBytes.inc({ endpoint: "central" }, 4_000);
    ship.requestDuration.observe({ endpoint: "central" }, 0.02);
    ship.lastSuccess.set({ endpoint: "central" }, timeMs / 1_000);
    ship.clockSkew.set({ endpoint: "central" }, 0.4);
    return selfSamples(metrics);
  };
  return { window };
}

/** Bytes of graphed rates, of both directions and all lines, by the end of the interval. */
export function bytesByTime(lines: readonly ReadSeries[]): ReadonlyMap<number, number> {
  const bytes = new Map<number, number>();
  for (const { samples } of lines)
    for (const { timeMs, value } of samples)
      bytes.set(timeMs, (bytes.get(timeMs) ?? 0) + Math.round((value * 300) / 8));
  return bytes;
}

/** The same of what was pushed, of intervals that end in a range. */
export function bytesBetween(
  series: readonly LabelledSeries[],
  { fromMs, toMs }: Pick<View, "fromMs" | "toMs">,
): ReadonlyMap<number, number> {
  const bytes = new Map<number, number>();
  for (const { startsMs, bytesIn, bytesOut } of series) {
    for (const [row, startMs] of startsMs.entries()) {
      const endMs = startMs + INTERVAL_MS;
      if (endMs < fromMs || endMs > toMs) continue;
      bytes.set(endMs, (bytes.get(endMs) ?? 0) + (bytesIn[row] ?? 0) + (bytesOut[row] ?? 0));
    }
  }
  return bytes;
}
