// Billing intervals of a few agents, rules of contracts about them, and what the bills say of the same intervals.

import { billPeriod } from "../../src/billing/bill-period.ts";
import { computeBill } from "../../src/billing/compute-bill.ts";
import { contractChains, customerRules } from "../../src/billing/rules/customer-rules.ts";
import type { MonthName } from "../../src/billing/rules/month.ts";
import type { Contract } from "../../src/model/contract.ts";
import type { LabelledSeries } from "../support/interval-pushes.ts";
import type { MetricsServer, ReadSeries } from "../support/prometheus.ts";
import type { SeededRandom } from "../support/seeded-random.ts";

export const INTERVAL_MS = 300_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

export interface Observed {
  readonly instance: string;
  readonly interface?: string;
  readonly network?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly fromMs: number;
  readonly toMs: number;
  /** Times that it did not observe, half open. */
  readonly gaps?: readonly (readonly [number, number])[];
}

/** Mostly a few Mbps, with bursts a thousand times that: what is between two ranks is then as much as can be. */
export function observed(random: SeededRandom, { fromMs, toMs, gaps = [], ...key }: Observed): LabelledSeries {
  const times = Array.from({ length: (toMs - fromMs) / INTERVAL_MS }, (_, index) => fromMs + index * INTERVAL_MS);
  const startsMs = Float64Array.from(times.filter((time) => !gaps.some(([from, to]) => time >= from && time < to)));
  const bytes = (): Float64Array => startsMs.map(() => random.whole(0, random.chance(0.06) ? 4e12 : 4e9));
  const defaults = { interface: "eth0", network: "acme-fra", labels: { customer: "acmecorp" } };
  return { ...defaults, ...key, startsMs, bytesIn: bytes(), bytesOut: bytes() };
}

/** A part of a series in time, as it is pushed later or earlier than the rest. */
export function during(series: LabelledSeries, keep: (startMs: number) => boolean): LabelledSeries {
  const rows = [...series.startsMs.keys()].filter((row) => keep(series.startsMs[row] ?? 0));
  const pick = (column: Float64Array): Float64Array => Float64Array.from(rows, (row) => column[row] ?? 0);
  const { startsMs, bytesIn, bytesOut } = series;
  return { ...series, startsMs: pick(startsMs), bytesIn: pick(bytesIn), bytesOut: pick(bytesOut) };
}

/** Bytes of an interval, shares, bits a second of the commit, and intervals; null where there is no figure. */
export interface Figures {
  readonly in: number | null;
  readonly out: number | null;
  readonly billable: number | null;
  readonly coverage: number | null;
  readonly commit: number | null;
  readonly burst: number | null;
  readonly burstLeft: number | null;
}

export const NO_FIGURES: Figures = {
  in: null,
  out: null,
  billable: null,
  coverage: null,
  commit: null,
  burst: null,
  burstLeft: null,
};

/** What the rules of contracts of one name record of a month at a time. Throws where the labels are not those promised. */
export async function recorded(
  server: MetricsServer,
  contracts: readonly Contract[],
  { month, timeMs }: { month: MonthName; timeMs: number },
): Promise<Figures & { readonly period: string | null }> {
  const [chain] = contractChains(contracts, timeMs);
  if (chain === undefined) throw new Error("no contract is left");
  const answers = await Promise.all(
    customerRules(chain, month, timeMs).map(async ({ record, expr }) => {
      return (await server.query(expr, timeMs)).map((series) => ({ record, series }));
    }),
  );
  const all = answers.flat();
  const value = (record: string, labels: Readonly<Record<string, string>> = {}): number | null => {
    const named = all.filter((one) => one.record.startsWith(record));
    const found = named.filter(({ series }) => hasLabels(series, labels));
    if (found.length > 1) throw new Error(`${record} is ambiguous: ${JSON.stringify(found)}`);
    return found[0]?.series.samples[0]?.value ?? null;
  };
  return {
    in: bytesOf(value("acct:customer_bps", { direction: "in" })),
    out: bytesOf(value("acct:customer_bps", { direction: "out" })),
    billable: bytesOf(value("acct:customer_billable_bps")),
    coverage: value("acct:customer_coverage"),
    commit: value("acct:customer_commit_bps"),
    burst: value("acct:customer_burst_intervals:"),
    burstLeft: value("acct:customer_burst_intervals_left:"),
    period: all[0]?.series.labels["period"] ?? null,
  };
}

/** What the bill of a contract says of a month, `YYYY-MM`, at a time. Rules say nothing of the burst budget of the previous one. */
export function billedFigures(
  contract: Contract,
  series: readonly LabelledSeries[],
  { month, timeMs }: { month: string; timeMs: number },
): Figures {
  const period = billPeriod(contract, month, timeMs);
  if (period === null) return NO_FIGURES;
  const { bill } = computeBill({ contract, period, usage: { series, completeness: null } });
  return {
    in: bill.p95InBytes,
    out: bill.p95OutBytes,
    billable: bill.billableBytes,
    coverage: bill.coverage,
    commit: bill.commitBps,
    burst: bill.burstIntervalsLeft === null ? null : bill.burstIntervalsLeft + (bill.intervalsAboveCommit ?? 0),
    burstLeft: bill.burstIntervalsLeft,
  };
}

/** Throws where the rate is not that of whole bytes, as near as a double can be. */
function bytesOf(bps: number | null): number | null {
  if (bps === null) return null;
  const bytes = Math.round((bps * 300) / 8);
  if ((bytes * 8) / 300 !== bps) throw new Error(`${bps} bps is the rate of no whole number of bytes`);
  return bytes;
}

function hasLabels({ labels }: ReadSeries, wanted: Readonly<Record<string, string>>): boolean {
  return Object.entries({ period: labels["period"], ...wanted }).every(
    ([name, value]) => value !== undefined && labels[name] === value,
  );
}
