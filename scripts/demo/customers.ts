// The three customers of the demonstration: what is accounted, what they pay, how they used the network so far (the
// history), and what they send and receive while it runs.

import type { TomlTable } from "smol-toml";
import { BILLING_INTERVAL_MS, floorTo } from "../../src/model/time.ts";

/** Bits a second. */
export interface Rates {
  readonly in: number;
  readonly out: number;
}

/** Frames of live traffic in one direction. */
export interface Flow {
  readonly framesPerSecond: number;
  /** Ethernet frame without its check sequence. */
  readonly frameBytes: number;
}

export interface Customer {
  readonly name: string;
  readonly about: string;
  readonly prefix: string;
  /** Of its active addresses, which follow each other. */
  readonly addresses: readonly string[];
  readonly contract: TomlTable;
  /** What all its addresses together had on average in the billing interval of that moment, before chance. */
  readonly ratesAt: (timeMs: number) => Rates;
  readonly live: { readonly in: Flow; readonly out: Flow };
}

export const DIRECTIONS = ["in", "out"] as const;
export type Direction = (typeof DIRECTIONS)[number];

const MEGABIT = 1_000_000;
const DAY_MS = 86_400_000;

/** Hour of the day in UTC, with fraction, as it is in the middle of the billing interval. */
function hourAt(timeMs: number): number {
  return ((floorTo(timeMs, BILLING_INTERVAL_MS) + BILLING_INTERVAL_MS / 2) % DAY_MS) / 3_600_000;
}

function isWeekend(timeMs: number): boolean {
  return [0, 6].includes(new Date(timeMs).getUTCDay());
}

/** Busiest at eight in the evening, quietest at eight in the morning. */
function shopRates(timeMs: number): Rates {
  const day = (1 + Math.cos(((hourAt(timeMs) - 20) / 12) * Math.PI)) / 2;
  const out = (1 + 4.8 * day * (isWeekend(timeMs) ? 1.2 : 1)) * MEGABIT;
  return { in: out * 0.08, out };
}

/** From one to half past three at night: a tenth of the month, twice what the percentile leaves out. */
function backupRates(timeMs: number): Rates {
  const hour = hourAt(timeMs);
  const rate = (hour >= 1 && hour < 3.5 ? 12 : 0.05) * MEGABIT;
  return { in: rate, out: rate * 0.03 };
}

function officeRates(timeMs: number): Rates {
  const hour = hourAt(timeMs);
  const rate = (hour >= 8 && hour < 18 && !isWeekend(timeMs) ? 0.6 : 0.02) * MEGABIT;
  return { in: rate, out: rate * 0.25 };
}

export const CUSTOMERS: readonly Customer[] = [
  {
    name: "shop",
    about: "a web shop with a daily curve, under its commit of 10 Mbps",
    prefix: "203.0.113.0/26",
    addresses: ["203.0.113.10", "203.0.113.11", "203.0.113.12"],
    contract: { commit_mbps: "10", price_per_mbps: "4", currency: "EUR" },
    ratesAt: shopRates,
    live: { in: { framesPerSecond: 100, frameBytes: 514 }, out: { framesPerSecond: 450, frameBytes: 1414 } },
  },
  {
    name: "backup",
    about: "nightly backups, far above its commit of 5 Mbps",
    prefix: "203.0.113.64/27",
    addresses: ["203.0.113.70"],
    contract: { commit_mbps: "5", price_per_mbps: "3", currency: "EUR" },
    ratesAt: backupRates,
    live: { in: { framesPerSecond: 900, frameBytes: 1514 }, out: { framesPerSecond: 50, frameBytes: 114 } },
  },
  {
    name: "office",
    about: "a quiet office, IPv6 only, without commit",
    prefix: "2001:db8:3::/64",
    addresses: ["2001:db8:3::a", "2001:db8:3::b"],
    contract: { price_per_mbps: "6", currency: "EUR" },
    ratesAt: officeRates,
    live: { in: { framesPerSecond: 60, frameBytes: 1214 }, out: { framesPerSecond: 40, frameBytes: 314 } },
  },
];
