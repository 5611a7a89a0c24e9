// Usage out of the ledger of one agent. What may still grow is left out, as Prometheus does not have it either.

import type { Labels } from "../model/network.ts";
import { BILLING_INTERVAL_MS } from "../model/time.ts";
import type { IntervalSeries, KnownNetwork, SeriesKey, UsageSelection, UsageSource } from "./interval-series.ts";

interface Range {
  readonly startMs: number;
  readonly endMs: number;
}

interface SeriesName {
  readonly network: string;
  readonly interface: string;
}

/** What the ledger answers; bytes in the configured layer. */
export interface IntervalLedger {
  /** All that it ever had, by name. */
  readonly networks: readonly KnownNetwork[];
  readonly interfaces: readonly string[];
  /** Names of the networks that have an interval in the range. */
  networksIn(range: Range): ReadonlySet<string>;
  intervals(series: SeriesName, range: Range): Pick<IntervalSeries, "startsMs" | "bytesIn" | "bytesOut">;
  /** For each interval of the range how much of it an interface saw, 0 to 1. */
  completeness(interfaceName: string, range: Range): Float64Array;
  /** Start of the first interval behind `afterMs` that may still grow. */
  unsettledMs(interfaceName: string, afterMs: number): number | null;
}

export interface LedgerSourceOptions {
  readonly instance: string;
  readonly externalLabels: Labels;
  readonly nowMs: number;
}

/** An interval that ended longer ago than this is as it is: no agent runs that would add to it. */
const SETTLE_LIMIT_MS = 600_000;

/** Labels are those that the series are pushed with: external ones, the network's own, and where they come from. */
export function ledgerSource(ledger: IntervalLedger, options: LedgerSourceOptions): UsageSource {
  const { instance, externalLabels, nowMs } = options;
  const networks = ledger.networks.map(({ name, labels }) => ({ name, labels: { ...externalLabels, ...labels } }));
  const agent: Labels = { job: "acct-agent", instance };
  return {
    networks: async (startMs, endMs) => {
      const present = ledger.networksIn({ startMs, endMs });
      return networks.filter(({ name }) => present.has(name));
    },
    usage: async (selection) => {
      const wanted = Object.entries(selection.selector).filter(([label]) => label !== "interface");
      const selected = networks.filter((network) => matches(wanted, network, agent));
      const series = selected.flatMap(({ name }) =>
        interfacesOf(ledger, selection).flatMap((interfaceName) => {
          const key = { instance, interface: interfaceName, network: name };
          return seriesOf(ledger, key, { ...selection, endMs: settledMs(ledger, key, { ...selection, nowMs }) });
        }),
      );
      return { series, completeness: completenessOf(ledger, series, selection) };
    },
  };
}

/** An empty value also matches a label that is not there. */
function matches(
  wanted: readonly (readonly [string, string])[],
  { name, labels }: KnownNetwork,
  agent: Labels,
): boolean {
  return wanted.every(
    ([label, value]) => (label === "network" ? name : (agent[label] ?? labels[label] ?? "")) === value,
  );
}

function interfacesOf({ interfaces }: IntervalLedger, { selector }: UsageSelection): readonly string[] {
  const only = selector["interface"];
  return only === undefined ? interfaces : interfaces.filter((name) => name === only);
}

/** The end of what can no longer grow. */
function settledMs(ledger: IntervalLedger, { interface: name }: SeriesKey, range: Range & { nowMs: number }): number {
  const youngMs = range.nowMs - SETTLE_LIMIT_MS - BILLING_INTERVAL_MS;
  return Math.min(range.endMs, ledger.unsettledMs(name, youngMs) ?? range.endMs);
}

function seriesOf(ledger: IntervalLedger, key: SeriesKey, { startMs, endMs }: Range): IntervalSeries[] {
  if (endMs <= startMs) return [];
  const intervals = ledger.intervals(key, { startMs, endMs });
  return intervals.startsMs.length === 0 ? [] : [{ ...key, ...intervals }];
}

/** Over the intervals that any of the series has, each interface by itself. */
function completenessOf(ledger: IntervalLedger, series: readonly IntervalSeries[], range: Range): number | null {
  let sum = 0;
  let intervals = 0;
  for (const name of new Set(series.map((one) => one.interface))) {
    const ratios = ledger.completeness(name, range);
    const seen = new Uint8Array(ratios.length);
    for (const { interface: other, startsMs } of series) {
      if (other !== name) continue;
      for (const timeMs of startsMs) {
        const slot = (timeMs - range.startMs) / BILLING_INTERVAL_MS;
        if (seen[slot] === 1) continue;
        seen[slot] = 1;
        sum += ratios[slot] ?? 0;
        intervals += 1;
      }
    }
  }
  return intervals === 0 ? null : sum / intervals;
}
