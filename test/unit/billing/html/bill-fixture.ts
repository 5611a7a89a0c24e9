// A month as networks have it: days and nights, weekends, bursts of a backup, one outage; and the bill of it.

import { billPeriod } from "../../../../src/billing/bill-period.ts";
import { type ComputedBill, computeBill } from "../../../../src/billing/compute-bill.ts";
import type { IntervalSeries, Usage } from "../../../../src/billing/interval-series.ts";
import { DEFAULT_TERMS } from "../../../../src/billing/default-contracts.ts";
import type { Contract } from "../../../../src/model/contract.ts";
import { SeededRandom } from "../../../support/seeded-random.ts";

const INTERVAL_MS = 300_000;

export const CONTRACT: Contract = {
  ...DEFAULT_TERMS,
  customer: "Acme Corporation GmbH",
  name: "transit-fra",
  selector: { customer: "Acme Corporation GmbH" },
  timeZone: "Europe/Berlin",
  byteLayer: "ip",
  commitBps: 400_000_000,
  price: { pricing: { kind: "flat", pricePerMbps: "0.85", baseFee: "120" }, currency: "EUR" },
};

export interface FixtureOptions {
  readonly contract?: Partial<Contract>;
  readonly month?: string;
  /** Default: long after the month. */
  readonly nowMs?: number;
  readonly series?: readonly IntervalSeries[];
}

export const OCTOBER_MS = Date.parse("2026-09-30T22:00:00Z");
export const NOVEMBER_MS = Date.parse("2026-10-31T23:00:00Z");

/** The bill of October 2026 (8,940 intervals in Berlin), unless told otherwise. */
export function billFixture(options: FixtureOptions = {}): ComputedBill {
  const contract = { ...CONTRACT, ...options.contract };
  const nowMs = options.nowMs ?? Date.parse("2027-06-01T00:00:00Z");
  const period = billPeriod(contract, options.month ?? "2026-10", nowMs);
  if (period === null) throw new Error("the contract does not cover the month");
  const series = options.series ?? [officeSeries({ nowMs })];
  const usage: Usage = { series, completeness: 0.99987 };
  return computeBill({ contract, period, usage });
}

/** October's series of one network; `site` tells several apart and gives each its own traffic. */
export function officeSeries({ nowMs = NOVEMBER_MS, site = 1 } = {}): IntervalSeries {
  const random = new SeededRandom(20_261_000 + site);
  const starts: number[] = [];
  const bytesIn: number[] = [];
  const bytesOut: number[] = [];
  for (let startMs = OCTOBER_MS; startMs + INTERVAL_MS <= Math.min(nowMs, NOVEMBER_MS); startMs += INTERVAL_MS) {
    const [mbpsIn, mbpsOut] = trafficAt(startMs, random);
    if (isOutage(startMs)) continue;
    starts.push(startMs);
    bytesIn.push(Math.round((mbpsIn * 1e6 * 300) / 8));
    bytesOut.push(Math.round((mbpsOut * 1e6 * 300) / 8));
  }
  return {
    network: "acme-fra",
    instance: `edge-0${site}.fra`,
    interface: "eth0",
    startsMs: Float64Array.from(starts),
    bytesIn: Float64Array.from(bytesIn),
    bytesOut: Float64Array.from(bytesOut),
  };
}

const HOUR_MS = 3_600_000;

function trafficAt(startMs: number, random: SeededRandom): readonly [inMbps: number, outMbps: number] {
  const local = new Date(startMs + 2 * HOUR_MS);
  const hour = local.getUTCHours() + local.getUTCMinutes() / 60;
  const isWeekend = [0, 6].includes(local.getUTCDay());
  const evening = Math.exp(-(((hour - 20.5) / 2.6) ** 2));
  const day = 1 / (1 + Math.exp(-(hour - 8.3) * 2)) / (1 + Math.exp((hour - 22.8) * 2.2));
  const level = 0.16 + day * (isWeekend ? 0.34 : 0.62) + evening * (isWeekend ? 0.3 : 0.24);
  const noise = 0.86 + random.between(0, 0.14) + random.between(0, 0.14);
  const backup = hour >= 2 && hour < 2.75 && local.getUTCDay() === 3 ? random.between(520, 640) : 0;
  const burst = random.chance(0.006) ? random.between(80, 380) : 0;
  const launch = local.getUTCDate() === 21 && hour >= 18 && hour < 21 ? random.between(240, 330) : 0;
  return [level * 190 * noise + burst * 0.4, level * 430 * noise + backup + burst + launch];
}

/** 13 October, 03:10 to 06:45 in Berlin: a power failure. */
function isOutage(startMs: number): boolean {
  return startMs >= Date.parse("2026-10-13T01:10:00Z") && startMs < Date.parse("2026-10-13T04:45:00Z");
}
