// A small hoster's month so far, made by arithmetic: six customers with twelve networks on two interfaces, with days and
// nights, weekends, bursts, an outage some days ago and one in the last 24 hours.

import type { IntervalSeries } from "../../src/billing/interval-series.ts";
import { SeededRandom } from "./seeded-random.ts";

export const NOW_MS = Date.parse("2026-11-21T14:03:12Z");
/** Of the billing interval that is running. */
export const INTERVAL_START_MS = Date.parse("2026-11-21T14:00:00Z");
export const INTERVAL_MS = 300_000;
const START_MS = Date.parse("2026-10-31T22:00:00Z");
const HOUR_MS = 3_600_000;

export interface HostedNetwork {
  readonly name: string;
  readonly customer: string;
  readonly interface: string;
  readonly prefix: string;
  /** What passes in the evening of a working day, Mbps. */
  readonly peakIn: number;
  readonly peakOut: number;
  /** How much of it is left at night. */
  readonly floor: number;
  /** Of the number of intervals. */
  readonly bursts: number;
}

const network = (
  [name, customer, interfaceName, prefix]: readonly [string, string, string, string],
  [peakIn, peakOut, floor, bursts]: readonly [number, number, number, number],
): HostedNetwork => ({ name, customer, interface: interfaceName, prefix, peakIn, peakOut, floor, bursts });

export const NETWORKS: readonly HostedNetwork[] = [
  network(["nordlicht-cdn", "Nordlicht Media GmbH", "eth0", "192.0.2."], [58, 910, 0.22, 0.004]),
  network(["nordlicht-web", "Nordlicht Media GmbH", "eth0", "198.51.100."], [22, 140, 0.25, 0.006]),
  network(["acme-fra", "Acme Corporation", "eth0", "203.0.113."], [96, 305, 0.18, 0.01]),
  network(["acme-backup", "Acme Corporation", "eth1", "192.0.2."], [84, 12, 0.3, 0.02]),
  network(["hanse-vps-1", "Hanse Hosting eG", "eth0", "198.51.100."], [130, 262, 0.4, 0.008]),
  network(["hanse-vps-2", "Hanse Hosting eG", "eth1", "198.51.100."], [74, 121, 0.4, 0.008]),
  network(["hanse-mail", "Hanse Hosting eG", "eth1", "203.0.113."], [18, 11, 0.3, 0.002]),
  network(["oresund-ci", "Öresund Robotics AB", "eth1", "192.0.2."], [142, 38, 0.12, 0.02]),
  network(["oresund-lab", "Öresund Robotics AB", "eth1", "198.51.100."], [31, 17, 0.1, 0.01]),
  network(["blum-shop", "Kaffeerösterei Blum", "eth0", "203.0.113."], [6, 38, 0.12, 0.01]),
  network(["luebeck-wifi", "Stadtbibliothek Lübeck", "eth1", "203.0.113."], [61, 9, 0.03, 0.002]),
  network(["luebeck-catalogue", "Stadtbibliothek Lübeck", "eth0", "192.0.2."], [2, 7, 0.06, 0.002]),
];

/** The intervals of a network from before the month up to the running one. */
export function seriesOf(one: HostedNetwork): IntervalSeries {
  const random = new SeededRandom(NETWORKS.indexOf(one) + 77);
  const [starts, bytesIn, bytesOut]: [number[], number[], number[]] = [[], [], []];
  for (let startMs = START_MS; startMs < INTERVAL_START_MS; startMs += INTERVAL_MS) {
    const [mbpsIn, mbpsOut] = rateAt(one, startMs, random);
    if (isOutage(startMs)) continue;
    starts.push(startMs);
    bytesIn.push(Math.round((mbpsIn * 1e6 * 300) / 8));
    bytesOut.push(Math.round((mbpsOut * 1e6 * 300) / 8));
  }
  return {
    network: one.name,
    instance: "edge-01.fra",
    interface: one.interface,
    startsMs: Float64Array.from(starts),
    bytesIn: Float64Array.from(bytesIn),
    bytesOut: Float64Array.from(bytesOut),
  };
}

function rateAt(one: HostedNetwork, startMs: number, random: SeededRandom): readonly [number, number] {
  const local = new Date(startMs + HOUR_MS);
  const clock = local.getUTCHours() + local.getUTCMinutes() / 60;
  // What is on at midnight fades after it.
  const hour = clock < 4 ? clock + 24 : clock;
  const isWeekend = [0, 6].includes(local.getUTCDay());
  const evening = Math.exp(-(((hour - 20.4) / 2.4) ** 2));
  const day = 1 / (1 + Math.exp(-(hour - 8.2) * 1.8)) / (1 + Math.exp((hour - 23) * 2));
  const level = one.floor + (1 - one.floor) * (day * (isWeekend ? 0.45 : 0.62) + evening * 0.36);
  const burst = random.chance(one.bursts) ? random.between(1.2, 1.9) : 1;
  const backup = one.name === "acme-backup" && clock >= 2 && clock < 4.5 ? random.between(190, 240) : 0;
  const noise = (): number => 0.86 + random.between(0, 0.14) + random.between(0, 0.14);
  return [one.peakIn * level * burst * noise() + backup, one.peakOut * level * burst * noise()];
}

/** A power failure on 9 November, and a reboot this morning. */
function isOutage(startMs: number): boolean {
  const within = (from: string, to: string): boolean => startMs >= Date.parse(from) && startMs < Date.parse(to);
  return (
    within("2026-11-09T01:10:00Z", "2026-11-09T05:45:00Z") || within("2026-11-21T03:10:00Z", "2026-11-21T04:25:00Z")
  );
}
