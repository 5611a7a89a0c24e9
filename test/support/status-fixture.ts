// What a small hoster's agent says of itself and of its traffic, with everything agreeing: rates, months, bills and the
// day come from the same intervals.

import { billPeriod } from "../../src/billing/bill-period.ts";
import type { ShownBill } from "../../src/billing/html/bill-section.ts";
import { computeBill } from "../../src/billing/compute-bill.ts";
import { DEFAULT_TERMS } from "../../src/billing/default-contracts.ts";
import { bpsOf } from "../../src/billing/rate.ts";
import type { Contract } from "../../src/model/contract.ts";
import { billToDate } from "../../src/status/bill-to-date.ts";
import type { Status } from "../../src/status/status.ts";
import type { BillToDate, DayUsage, NetworkAddress, NetworkUsage, UsageReport } from "../../src/status/usage.ts";
import { type HostedNetwork, INTERVAL_MS, INTERVAL_START_MS, NETWORKS, NOW_MS, seriesOf } from "./hoster-traffic.ts";

const DAY_INTERVALS = 288;
const SERIES = NETWORKS.map((network) => ({ network, series: seriesOf(network) }));
const iso = (timeMs: number): string => new Date(timeMs).toISOString();

const COMMITS: Readonly<Record<string, readonly [commitMbps: number | null, price: string | null]>> = {
  "Nordlicht Media GmbH": [850, "0.62"],
  "Acme Corporation": [320, "0.85"],
  "Hanse Hosting eG": [500, "0.74"],
  "Öresund Robotics AB": [250, "1.10"],
  "Kaffeerösterei Blum": [null, "1.90"],
  "Stadtbibliothek Lübeck": [null, null],
};

function contractOf(customer: string): Contract {
  const [commitMbps, price] = COMMITS[customer] ?? [null, null];
  return {
    ...DEFAULT_TERMS,
    customer,
    name: customer === "Acme Corporation" ? "transit-fra" : null,
    selector: { customer },
    timeZone: "Europe/Berlin",
    byteLayer: "ip",
    commitBps: commitMbps === null ? null : commitMbps * 1e6,
    price: price === null ? null : { pricing: { kind: "flat", pricePerMbps: price, baseFee: "0" }, currency: "EUR" },
  };
}

/** The bill to date of those of the hoster's networks that are given. */
export function billOf(contract: Contract, networks: readonly string[]): ShownBill {
  const period = billPeriod(contract, "2026-11", NOW_MS);
  if (period === null) throw new Error("the contract does not cover the month");
  const series = SERIES.filter(({ network }) => networks.includes(network.name)).map((one) => one.series);
  return computeBill({ contract, period, usage: { series, completeness: 0.99984 } });
}

export interface CustomerBill extends ShownBill {
  readonly customer: string;
  readonly networks: readonly string[];
}

/** One bill for each customer. */
export const CUSTOMER_BILLS: readonly CustomerBill[] = Object.keys(COMMITS).map((customer) => {
  const networks = NETWORKS.filter((network) => network.customer === customer).map(({ name }) => name);
  return { customer, networks, ...billOf(contractOf(customer), networks) };
});

function toDate({ bill, networks }: CustomerBill): BillToDate {
  return billToDate(bill, networks);
}

const lastOf = (column: Float64Array): number => column.at(-1) ?? 0;

/** One network with its month. */
export function networkUsage(one: HostedNetwork): NetworkUsage {
  const { bill } = networkMonth(one);
  const { series } = SERIES.find(({ network }) => network === one) ?? { series: seriesOf(one) };
  return {
    name: one.name,
    labels: { customer: one.customer, environment: "production", site: "fra" },
    interval_bytes_in: Math.round(lastOf(series.bytesIn) * 0.61),
    interval_bytes_out: Math.round(lastOf(series.bytesOut) * 0.61),
    month: {
      period: bill.period,
      time_zone: bill.contract.timeZone,
      bytes_in: Number(bill.totalBytesIn),
      bytes_out: Number(bill.totalBytesOut),
      p95_in_bps: bpsOf(bill.p95InBytes),
      p95_out_bps: bpsOf(bill.p95OutBytes),
      coverage: bill.coverage,
    },
  };
}

/** As its page draws it: by the rules of its customer's contract, without the commit. */
export function networkMonth({ name, customer }: HostedNetwork): ShownBill {
  return billOf({ ...contractOf(customer), name, commitBps: null, price: null }, [name]);
}

const RATES = SERIES.map(({ network, series }) => ({
  name: network.name,
  interface: network.interface,
  prefix: network.prefix,
  in_bps: Math.round(bpsOf(lastOf(series.bytesIn)) * 1.03),
  out_bps: Math.round(bpsOf(lastOf(series.bytesOut)) * 0.98),
})).sort((a, b) => b.in_bps + b.out_bps - a.in_bps - a.out_bps);

function interfaceStatus(name: string, completeness: number, dropped: number): Status["interfaces"][number] {
  const own = RATES.filter((one) => one.interface === name);
  return {
    name,
    backend: "ebpf",
    capturing: true,
    reason: null,
    last_window_end: "2026-11-21T14:03:00.000Z",
    completeness,
    in_bps: own.reduce((sum, one) => sum + one.in_bps, 0),
    out_bps: own.reduce((sum, one) => sum + one.out_bps, 0),
    unaccounted_bps: name === "eth0" ? 1_284_410 : 36_900,
    dropped_frames: dropped,
  };
}

const SHARES = [0.31, 0.17, 0.22, 0.12, 0.11, 0.19, 0.16, 0.13, 0.1, 0.21];

const TOP = RATES.slice(0, SHARES.length).map((one, index) => {
  const share = SHARES[index] ?? 0.1;
  const [in_bps, out_bps] = [Math.round(one.in_bps * share), Math.round(one.out_bps * share)];
  return {
    address: index === 3 ? "2001:db8:1:40::17" : `${one.prefix}${11 + ((index * 37) % 120)}`,
    network: one.name,
    interface: one.interface,
    bytes_in: Math.round((in_bps * 60) / 8),
    bytes_out: Math.round((out_bps * 60) / 8),
    in_bps,
    out_bps,
  };
});

export const STATUS: Status = {
  instance: "edge-01.fra",
  version: "0.1.0",
  time: iso(NOW_MS),
  started: "2026-11-21T04:24:31.000Z",
  window_seconds: 60,
  health: "ok",
  interfaces: [interfaceStatus("eth0", 1, 0), interfaceStatus("eth1", 0.99996, 0)],
  endpoints: [
    {
      name: "central",
      state: "idle",
      pending_requests: 0,
      pending_samples: 0,
      oldest_pending: null,
      dead_letters: 0,
      last_success: "2026-11-21T14:03:02.118Z",
      last_error: null,
    },
    {
      name: "archive",
      state: "retrying",
      pending_requests: 1_284,
      pending_samples: 1_102_958,
      oldest_pending: "2026-11-21T11:38:00.000Z",
      dead_letters: 0,
      last_success: "2026-11-21T11:38:47.402Z",
      last_error:
        "https://archive.example.net/api/v1/write answered 503 Service Unavailable: the storage is being repaired; tried again in 41 s",
    },
  ],
  ledger: {
    used_bytes: 1_204_551_680,
    max_bytes: 2_147_483_648,
    dropped_samples: { thinned: 0, dead_letter: 0, oldest: 0 },
    dropping_since: null,
  },
  clock: { synchronized: true, estimated_error_seconds: 0.000_021, max_error_seconds: 0.004_3 },
  networks: RATES.map(({ name, in_bps, out_bps }) => ({ name, in_bps, out_bps })),
  top: TOP.toSorted((a, b) => b.bytes_in + b.bytes_out - a.bytes_in - a.bytes_out),
};

function day(): DayUsage {
  const startMs = INTERVAL_START_MS - DAY_INTERVALS * INTERVAL_MS;
  const starts = Array.from({ length: DAY_INTERVALS + 1 }, (_, index) => startMs + index * INTERVAL_MS);
  const sum = (startAtMs: number, key: "bytesIn" | "bytesOut"): number | null => {
    // The running interval is taken to go on like the one before.
    const at = Math.min(startAtMs, INTERVAL_START_MS - INTERVAL_MS);
    const parts = SERIES.map(({ series }) => series[key][series.startsMs.indexOf(at)]);
    return parts.includes(undefined) ? null : bpsOf(parts.reduce<number>((total, bytes) => total + (bytes ?? 0), 0));
  };
  const complete = (startAtMs: number): number => {
    const time = iso(startAtMs).slice(11, 16);
    if (time === "04:25") return 0.92;
    return time === "20:40" || time === "20:45" ? 0.9987 : 1;
  };
  const inBps = starts.map((start) => sum(start, "bytesIn"));
  return {
    start: iso(startMs),
    interval_seconds: 300,
    in_bps: inBps,
    out_bps: starts.map((start) => sum(start, "bytesOut")),
    completeness: starts.map((start, index) => (inBps[index] === null ? null : complete(start))),
  };
}

export const USAGE: UsageReport = {
  as_of: "2026-11-21T14:03:02.300Z",
  interval_start: iso(INTERVAL_START_MS),
  figures_as_of: iso(INTERVAL_START_MS),
  networks: NETWORKS.map(networkUsage),
  bills: CUSTOMER_BILLS.map(toDate),
  day: day(),
};

export const VIEW = { status: STATUS, usage: USAGE };

/** Addresses of a network as its page lists them. */
export function addressesOf({ prefix, interface: interfaceName }: HostedNetwork, count: number): NetworkAddress[] {
  return Array.from({ length: count }, (_, index) => ({
    address: index === 4 ? "2001:db8:1:40::17" : `${prefix}${2 + index}`,
    interface: interfaceName,
    bytes_in: Math.round(8.1e11 / (index + 1.3)),
    bytes_out: Math.round(4.6e12 / (index + 1.1)),
    last_active: iso(NOW_MS - 12_000 - (index < 9 ? 0 : index ** 3 * 61_000)),
  }));
}
