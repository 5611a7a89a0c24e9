// Contracts and series to bill: every test states what it changes.

import { type BillPeriod, billPeriod } from "../../../src/billing/bill-period.ts";
import { type ComputedBill, computeBill } from "../../../src/billing/compute-bill.ts";
import type { IntervalSeries } from "../../../src/billing/interval-series.ts";
import type { Contract } from "../../../src/model/contract.ts";

export const INTERVAL_MS = 300_000;
/** Bytes of an interval at one Mbps. */
export const MBPS_BYTES = 37_500_000;

const DEFAULTS: Contract = {
  customer: "acmecorp",
  name: null,
  selector: { customer: "acmecorp" },
  timeZone: "UTC",
  starts: null,
  ends: null,
  percentilePerMille: 950,
  direction: "max_of_percentiles",
  aggregation: "percentile_of_sum",
  gaps: "zero",
  partialMonths: "whole_month",
  byteLayer: "ip",
  commitBps: null,
  rounding: null,
  price: null,
};

export function contractOf(changes: Partial<Contract> = {}): Contract {
  return { ...DEFAULTS, ...changes };
}

/** The period of a month that is long over, unless told otherwise; throws where there is none. */
export function periodOf(changes: Partial<Contract> = {}, month = "2026-10", now = "2036-01-01T00:00Z"): BillPeriod {
  const period = billPeriod(contractOf(changes), month, Date.parse(now));
  if (period === null) throw new Error(`no period in ${month}`);
  return period;
}

/** Bytes in of consecutive intervals; an interval without a number was not observed. `out` is 0 where it is left out. */
export function seriesOf(
  startMs: number,
  bytesIn: readonly (number | null)[],
  { out, ...key }: Partial<Omit<IntervalSeries, "startsMs">> & { readonly out?: readonly number[] } = {},
): IntervalSeries {
  const observed = [...bytesIn.keys()].filter((index) => typeof bytesIn[index] === "number");
  return {
    instance: "edge-01",
    interface: "eth0",
    network: "acme-fra",
    ...key,
    startsMs: Float64Array.from(observed, (index) => startMs + index * INTERVAL_MS),
    bytesIn: Float64Array.from(observed, (index) => bytesIn[index] ?? 0),
    bytesOut: Float64Array.from(observed, (index) => out?.[index] ?? 0),
  };
}

/** `count` times the same value. */
export function times(count: number, value: number): number[] {
  return Array.from({ length: count }, () => value);
}

/** Bills `series` under the contract. */
export function billed(
  series: readonly IntervalSeries[],
  changes: Partial<Contract> = {},
  period: BillPeriod = periodOf(changes),
): ComputedBill {
  return computeBill({ contract: contractOf(changes), period, usage: { series, completeness: null } });
}
