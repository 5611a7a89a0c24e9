// The built agent on real packets, pushing to a real Prometheus and a real VictoriaMetrics side by side: what both hold
// is what was sent, to the byte.

import { describe, it } from "vitest";
import { Calendar } from "../../src/model/calendar.ts";
import { clockAt, Edge, endpointOf, WINDOW_MS, windowAt, stillIn } from "../support/edge.ts";
import { type Flow, sendFromEdge, sendFromPeer, type Volumes, volumesOf } from "../support/flows.ts";
import { type IntervalRow, ledgerIntervals, ledgerWindows } from "../support/ledger-rows.ts";
import { type MetricsServer, type ReadSeries, startPrometheus, type TimedValue } from "../support/prometheus.ts";
import { liveDescribe } from "../support/require-root.ts";
import { startVictoriaMetrics } from "../support/victoria-metrics.ts";
import { ShiftedClock } from "../support/shifted-clock.ts";
import { waitFor } from "../support/wait-for.ts";

const INTERVAL_MS = 300_000;
const INTERNET = "198.51.100.7";
const INTERNET6 = "2001:db8:ffff::7";

const NETWORKS = [
  { name: "alpha", prefixes: ["10.1.0.0/24", "2001:db8:1::/64"], labels: { customer: "alpha", environment: "lab" } },
  { name: "beta", prefixes: ["10.2.0.0/24"], labels: { customer: "beta" } },
  { name: "host", prefixes: ["192.0.2.1/32", "fd00:acc7::1/128"] },
  { name: "silent", prefixes: ["10.9.0.0/24"], labels: { customer: "auckland" } },
];
const CONTRACTS = [
  { customer: "alpha", time_zone: "Europe/Berlin" },
  { customer: "auckland", time_zone: "Pacific/Auckland" },
];

/** By the first digits of its addresses, the network that accounts them. */
function networkOf(address: string): string | null {
  if (address.startsWith("10.1.0.") || address.startsWith("2001:db8:1::")) return "alpha";
  if (address.startsWith("10.2.0.")) return "beta";
  return ["192.0.2.1", "fd00:acc7::1"].includes(address) ? "host" : null;
}

function isAccounted(address: string): boolean {
  return networkOf(address) !== null;
}

/** One window's traffic; every round differs in size, and a host of each family appears in the second one only. */
function roundOf(round: number): { readonly fromPeer: Flow[]; readonly fromEdge: Flow[] } {
  const flow = (source: string, destination: string, payload: number, count: number): Flow => ({
    source,
    destination,
    payload: payload + round,
    count: count + 7 * round,
  });
  return {
    fromPeer: [
      flow(INTERNET, "10.1.0.1", 18, 300),
      flow("10.1.0.1", INTERNET, 1400, 200),
      flow(INTERNET6, "2001:db8:1::1", 20, 150),
      flow("2001:db8:1::1", INTERNET6, 1200, 100),
      flow(INTERNET, "10.2.0.1", 500, 50),
      flow("10.2.0.2", "10.1.0.1", 64, 40),
      flow("192.0.2.2", "192.0.2.1", 90, 30),
      flow("203.0.113.1", INTERNET, 700, 60),
      ...(round > 0 ? [flow(INTERNET, "10.1.0.77", 33, 5), flow("2001:db8:1::77", INTERNET6, 44, 6)] : []),
    ],
    fromEdge: [flow("192.0.2.1", "192.0.2.99", 333, 25), flow("fd00:acc7::1", "fd00:acc7::99", 444, 20)],
  };
}

interface Round {
  /** Of the window that it was sent in. */
  readonly startMs: number;
  readonly flows: readonly Flow[];
}

/** Sends rounds, each within a window of its own. */
async function sendRounds(edge: Edge, count: number): Promise<Round[]> {
  const rounds: Round[] = [];
  for (let round = 0; round < count; round++) rounds.push(await sendRound(edge, round, rounds.at(-1)));
  return rounds;
}

async function sendRound(edge: Edge, round: number, before: Round | undefined): Promise<Round> {
  const startMs = await windowAt(300, 2_500, before && before.startMs + WINDOW_MS);
  const { fromPeer, fromEdge } = roundOf(round);
  // Nothing answers: the far end's frames are for a station that nobody is, and there is no host 192.0.2.99.
  await sendFromPeer(edge.pair, fromPeer);
  await sendFromEdge(edge.pair, fromEdge);
  stillIn(startMs);
  return { startMs, flows: [...fromPeer, ...fromEdge] };
}

/** Raw samples by `ip direction`. */
async function countersOf(server: MetricsServer, metric: string, [fromMs, toMs]: readonly [number, number]) {
  const series = await server.exportSeries(metric, fromMs, toMs);
  return new Map(series.map(({ labels, samples }) => [`${labels["ip"]} ${labels["direction"]}`, samples]));
}

function last(samples: readonly TimedValue[] | undefined): TimedValue | undefined {
  return samples?.at(-1);
}

function lastValues(counters: ReadonlyMap<string, readonly TimedValue[]>): Record<string, number | undefined> {
  return Object.fromEntries([...counters].map(([key, samples]) => [key, last(samples)?.value]));
}

function expectedValues(volumes: Volumes, what: "bytes" | "packets"): Record<string, number> {
  return Object.fromEntries([...volumes].map(([key, volume]) => [key, volume[what]]));
}

/** Sums over the accounted addresses of a network, as its interval rows must be. */
function networkVolume(volumes: Volumes, network: string): Omit<IntervalRow, "interface" | "network" | "startMs"> {
  const sum = { bytesIn: 0, packetsIn: 0, bytesOut: 0, packetsOut: 0 };
  for (const [key, { bytes, packets }] of volumes) {
    const [address = "", direction] = key.split(" ");
    if (networkOf(address) !== network) continue;
    sum[direction === "in" ? "bytesIn" : "bytesOut"] += bytes;
    sum[direction === "in" ? "packetsIn" : "packetsOut"] += packets;
  }
  return sum;
}

function sumRows(rows: readonly IntervalRow[]): Omit<IntervalRow, "interface" | "network" | "startMs"> {
  const sum = (field: "bytesIn" | "packetsIn" | "bytesOut" | "packetsOut"): number =>
    rows.reduce((total, row) => total + row[field], 0);
  return {
    bytesIn: sum("bytesIn"),
    packetsIn: sum("packetsIn"),
    bytesOut: sum("bytesOut"),
    packetsOut: sum("packetsOut"),
  };
}

/** Both receivers have a sample of `selector` at `timeMs`. */
async function arrived(servers: readonly MetricsServer[], selector: string, timeMs: number): Promise<void> {
  for (const server of servers) {
    await waitFor(`${selector} of ${new Date(timeMs).toISOString()} at ${server.url}`, async () => {
      const series = await server.exportSeries(selector, timeMs, timeMs);
      return series.some(({ samples }) => samples.some((sample) => sample.timeMs === timeMs));
    });
  }
}

function sortedSeries(series: readonly ReadSeries[]): ReadSeries[] {
  const key = ({ labels }: ReadSeries): string =>
    JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
  return [...series].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

liveDescribe("a running agent", () => {
  describe.concurrent("with two receivers", () => {
    it("pushes to the byte what passed, the same to both", async ({ expect }) => {
      await using prometheus = await startPrometheus({ outOfOrder: true });
      await using victoria = await startVictoriaMetrics();
      await using edge = await Edge.create("live");
      const endpoints = [endpointOf("prometheus", prometheus), endpointOf("victoria", victoria)];
      await edge.configure({ network: NETWORKS, contract: CONTRACTS }, endpoints);
      const startedMs = Date.now();
      await using agent = await edge.start().capturing();
      const rounds = await sendRounds(edge, 3);
      const servers = [prometheus, victoria];
      const lastEndMs = (rounds.at(-1)?.startMs ?? 0) + WINDOW_MS;
      await arrived(servers, "acct_bytes_total", lastEndMs - 1);
      const range = [startedMs - 2 * INTERVAL_MS, lastEndMs] as const;

      const volumes = volumesOf(
        rounds.flatMap(({ flows }) => flows),
        isAccounted,
      );
      for (const server of servers) {
        const bytes = await countersOf(server, "acct_bytes_total", range);
        const packets = await countersOf(server, "acct_packets_total", range);
        expect(lastValues(bytes)).toEqual(expectedValues(volumes, "bytes"));
        expect(lastValues(packets)).toEqual(expectedValues(volumes, "packets"));
        for (const [key, samples] of [...bytes, ...packets]) {
          const [zero, ...grown] = samples;
          const firstMs = grown[0]?.timeMs ?? 0;
          const baselineMs = Math.floor(firstMs / INTERVAL_MS) * INTERVAL_MS - 1;
          expect({ key, zero }).toEqual({ key, zero: { timeMs: baselineMs, value: 0 } });
          expect(grown.map(({ timeMs }) => timeMs)).toEqual(windowStamps(firstMs, lastEndMs));
        }
        // After each round the counters are what had been sent by then.
        for (const [round, { startMs }] of rounds.entries()) {
          const sent = volumesOf(
            rounds.slice(0, round + 1).flatMap(({ flows }) => flows),
            isAccounted,
          );
          const then = await countersOf(server, "acct_bytes_total", [startMs + WINDOW_MS - 1, startMs + WINDOW_MS - 1]);
          expect(lastValues(then)).toEqual(expectedValues(sent, "bytes"));
        }
      }

      const [here, there] = await Promise.all(
        servers.map(async (server) =>
          sortedSeries(await server.exportSeries('{__name__=~"acct_(bytes|packets|window).*"}', ...range)),
        ),
      );
      expect(here).toEqual(there);
      expect(here?.filter(({ labels }) => labels["ip"] === "10.1.0.1").map(({ labels }) => labels)).toContainEqual({
        __name__: "acct_bytes_total",
        ip: "10.1.0.1",
        direction: "in",
        interface: edge.interface,
        network: "alpha",
        customer: "alpha",
        environment: "lab",
        instance: "edge",
        job: "acct-agent",
      });
      expect(here?.filter(({ labels }) => labels["network"] === "silent")).toEqual([]);

      const [completeness] = await prometheus.exportSeries("acct_window_completeness_ratio", ...range);
      const full = ledgerWindows(edge.stateDir).filter(({ observedMs }) => observedMs === WINDOW_MS);
      expect(full.length).toBeGreaterThanOrEqual(2);
      for (const { endMs } of full.filter((window) => window.endMs <= lastEndMs))
        expect(completeness?.samples).toContainEqual({ timeMs: endMs - 1, value: 1 });

      for (const server of servers) {
        await arrived([server], "acct_agent_info", lastEndMs - 1);
        const accepted = await waitFor("its own count of accepted samples", async () => {
          const found = await server.query("acct_ship_samples_accepted_total > 0");
          return found.length === 2 ? found : null;
        });
        expect(new Set(accepted.map(({ labels }) => labels["endpoint"]))).toEqual(new Set(["prometheus", "victoria"]));
      }

      expect(await agent.stop()).toMatchObject({ code: 0, signal: null });
      const rows = ledgerIntervals(edge.stateDir);
      for (const { name } of NETWORKS) {
        const ofNetwork = rows.filter(({ network }) => network === name);
        expect(ofNetwork).not.toEqual([]);
        expect({ name, ...sumRows(ofNetwork) }).toEqual({ name, ...networkVolume(volumes, name) });
      }
      // Whether somebody keeps this machine's clock right is not what is tested.
      const warnings = agent.log.filter(
        ({ level, msg }) => level !== "info" && !msg.includes("clock for synchronised"),
      );
      expect(warnings).toEqual([]);
    });

    it("pushes a billing interval when it ends, zeros and months of the contracts' zones included", async ({
      expect,
    }) => {
      await using prometheus = await startPrometheus({ outOfOrder: true });
      await using victoria = await startVictoriaMetrics();
      await using edge = await Edge.create("edge");
      const endpoints = [endpointOf("prometheus", prometheus), endpointOf("victoria", victoria)];
      // The kernel's clock cannot be moved for one process: pcap goes by the agent's.
      await edge.configure({ capture: { backend: "pcap" }, network: NETWORKS, contract: CONTRACTS }, endpoints);
      // The agent's clock is moved, its child's with it, so that the last interval of Auckland's previous month ends while the test runs.
      const auckland = new Calendar("Pacific/Auckland");
      const month = auckland.monthBefore(auckland.monthAt(Date.now()));
      const startedMs = Math.ceil(Date.now() / WINDOW_MS) * WINDOW_MS;
      const clockShiftMs = month.endMs - 5 * WINDOW_MS - startedMs;
      await using clock = await ShiftedClock.create();
      clock.set(clockShiftMs);
      await using agent = await edge.start({ env: clock.env }).capturing();
      const rounds = await sendRounds(edge, 2);
      const sentBy = (rounds.at(-1)?.startMs ?? 0) + WINDOW_MS + clockShiftMs;
      expect(sentBy).toBeLessThanOrEqual(month.endMs);
      await clockAt(month.endMs - clockShiftMs);
      const servers = [prometheus, victoria];
      await arrived(servers, "acct_interval_bytes", month.endMs - 1);

      const volumes = volumesOf(
        rounds.flatMap(({ flows }) => flows),
        isAccounted,
      );
      const periodIn = (timeZone: string): string => new Calendar(timeZone).monthAt(month.endMs - INTERVAL_MS).period;
      const zoneOf: Readonly<Record<string, string>> = { alpha: "Europe/Berlin", silent: "Pacific/Auckland" };
      const expected = NETWORKS.flatMap(({ name }) => {
        const time_zone = zoneOf[name] ?? "UTC";
        const { bytesIn, bytesOut } = networkVolume(volumes, name);
        const gauge = { network: name, time_zone, period: periodIn(time_zone), timeMs: month.endMs - 1 };
        return [
          { ...gauge, direction: "in", value: bytesIn },
          { ...gauge, direction: "out", value: bytesOut },
        ];
      });
      expect(expected.filter(({ network, value }) => network === "silent" && value === 0)).toHaveLength(2);
      expect(expected.find(({ network }) => network === "silent")?.period).toBe(month.period);
      for (const server of servers) {
        const series = await server.exportSeries("acct_interval_bytes", month.endMs - INTERVAL_MS, month.endMs);
        const gauges = series.flatMap(({ labels: { network, time_zone, period, direction }, samples }) =>
          samples.map((sample) => ({ network, time_zone, period, direction, ...sample })),
        );
        expect(gauges).toHaveLength(expected.length);
        expect(gauges).toEqual(expect.arrayContaining(expected));

        const calendar = await server.exportSeries("acct_period_intervals", month.endMs - 1, month.endMs - 1);
        const current = calendar.find(
          ({ labels }) => labels["time_zone"] === "Pacific/Auckland" && labels["which"] === "current",
        );
        expect(current).toMatchObject({
          labels: { period: month.period },
          samples: [{ timeMs: month.endMs - 1, value: (month.endMs - month.startMs) / INTERVAL_MS }],
        });
      }
      expect(await agent.stop()).toMatchObject({ code: 0, signal: null });
    });
  });
});

/** Time stamps of all windows from the one stamped `firstMs` to the one that ends at `lastEndMs`. */
function windowStamps(firstMs: number, lastEndMs: number): number[] {
  const count = (lastEndMs - 1 - firstMs) / WINDOW_MS + 1;
  return Array.from({ length: count }, (_, index) => firstMs + index * WINDOW_MS);
}
