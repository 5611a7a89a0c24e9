// Usage out of the ledger of one agent, by the labels that each interval was pushed with. What may still grow is left out,
// as Prometheus does not have it either.

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
  /** Only intervals with these of the network's labels; null for all. */
  readonly labelsVersions: readonly number[] | null;
}

interface LedgerNetwork {
  readonly name: string;
  /** All labels that its intervals may have; an interval has one of them. */
  readonly labelSets: readonly { readonly version: number; readonly labels: Labels }[];
}

/** What the ledger answers; bytes in the configured layer. */
export interface IntervalLedger {
  /** All that it ever had, by name. */
  readonly networks: readonly LedgerNetwork[];
  readonly interfaces: readonly string[];
  /** The networks that have an interval in the range, by name: one for each labels that these intervals have. */
  networksIn(range: Range): readonly KnownNetwork[];
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
  const pushed = (labels: Labels): Labels => ({ ...externalLabels, ...labels });
  const networks = ledger.networks.map(({ name, labelSets }) => ({
    name,
    labelSets: labelSets.map(({ version, labels }) => ({ version, labels: pushed(labels) })),
  }));
  const agent: Labels = { job: "acct-agent", instance };
  return {
    networks: async (startMs, endMs) =>
      ledger.networksIn({ startMs, endMs }).map(({ name, labels }) => ({ name, labels: pushed(labels) })),
    usage: async (selection) => {
      const wanted = Object.entries(selection.selector).filter(([label]) => label !== "interface");
      const series = networks.flatMap((network) => {
        const labelsVersions = matching(wanted, network, agent);
        if (labelsVersions?.length === 0) return [];
        return interfacesOf(ledger, selection).flatMap((interfaceName) => {
          const key = { instance, interface: interfaceName, network: network.name };
          const endMs = settledMs(ledger, key, { ...selection, nowMs });
          return seriesOf(ledger, key, { ...selection, endMs, labelsVersions });
        });
      });
      return { series, completeness: completenessOf(ledger, series, selection) };
    },
  };
}

/** Which of the network's labels match; null for all of them. */
function matching(
  wanted: readonly (readonly [string, string])[],
  { name, labelSets }: LedgerNetwork,
  agent: Labels,
): readonly number[] | null {
  const found = labelSets.filter(({ labels }) => matches(wanted, { name, labels }, agent));
  return found.length === labelSets.length ? null : found.map(({ version }) => version);
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

function seriesOf(
  ledger: IntervalLedger,
  key: SeriesKey,
  { startMs, endMs, labelsVersions }: Range & Pick<SeriesName, "labelsVersions">,
): IntervalSeries[] {
  if (endMs <= startMs) return [];
  const intervals = ledger.intervals({ ...key, labelsVersions }, { startMs, endMs });
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
