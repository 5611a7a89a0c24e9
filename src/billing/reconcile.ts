// The ledger of one agent against what Prometheus has of it, interval by interval. What differs is listed; what is only
// on its way is pending, and what the ledger has forgotten by its retention is told apart.

import type { Labels } from "../model/network.ts";
import { BILLING_INTERVAL_MS } from "../model/time.ts";
import type { IntervalSeries, KnownNetwork, Usage, UsageSelection, UsageSource } from "./interval-series.ts";
import { compareSeries, type SeriesComparison, type Settled } from "./reconcile-series.ts";

/** What was pushed; series have all labels that are asked for. */
export interface PushedIntervals {
  networks(startMs: number, endMs: number, labels: Labels): Promise<readonly KnownNetwork[]>;
  series(selection: UsageSelection): Promise<readonly IntervalSeries[]>;
}

export interface ReconcileSources {
  /** As it was at one moment, before anything of Prometheus is read. */
  readonly ledger: UsageSource;
  /** Whether a sample of the interval may still be on its way; as of that moment or later, and before Prometheus is read. */
  readonly isPending: (interfaceName: string, startMs: number) => boolean;
  readonly prometheus: PushedIntervals;
  /** Opens the ledger as it is by then: what came into both while they were read is no difference. */
  readonly openLedger: () => UsageSource & AsyncDisposable;
}

/** A month in one time zone. */
export interface ReconcileZone {
  readonly timeZone: string;
  readonly period: string;
  readonly startMs: number;
  readonly endMs: number;
}

export interface ReconcileOptions {
  readonly instance: string;
  readonly zones: readonly ReconcileZone[];
  /** The time zones that a network with these labels is pushed with. */
  readonly timeZonesOf: (labels: Labels) => readonly string[];
  /** What ended before is not in the ledger any more. */
  readonly retainedFromMs: number;
  /** When the ledger was read; an interval that ended in the minute before may not show yet where it was pushed. */
  readonly nowMs: number;
}

/** A receiver need not answer queries with what it accepted a moment ago. */
const SHOWS_AFTER_MS = 60_000;

/**
 * Yields each direction of each series in each zone, by zone, network, interface. Rejects with LedgerError and
 * PrometheusError.
 */
export async function* reconcile(
  sources: ReconcileSources,
  options: ReconcileOptions,
): AsyncGenerator<SeriesComparison> {
  for (const zone of options.zones) {
    const { timeZone, period, startMs, endMs } = zone;
    const labels = { instance: options.instance, time_zone: timeZone, period };
    const known = await sources.ledger.networks(startMs, endMs);
    const isExpected = (network: KnownNetwork): boolean => options.timeZonesOf(network.labels).includes(timeZone);
    const pushed = await sources.prometheus.networks(startMs, endMs, labels);
    const names = new Set([...known.filter(isExpected), ...pushed].map(({ name }) => name));
    for (const name of [...names].sort()) {
      const own = known.filter((network) => network.name === name);
      yield* compareNetwork(sources, options, { zone, name, known: own, expected: own.filter(isExpected) });
    }
  }
}

interface Network {
  readonly zone: ReconcileZone;
  readonly name: string;
  /** One for each labels that it had. */
  readonly known: readonly KnownNetwork[];
  /** Of these, those that are billed in this zone now: what was pushed with others need not be there. */
  readonly expected: readonly KnownNetwork[];
}

async function* compareNetwork(
  sources: ReconcileSources,
  options: ReconcileOptions,
  network: Network,
): AsyncGenerator<SeriesComparison> {
  const { zone, name } = network;
  const selection = { ...zone, selector: { network: name, instance: options.instance } };
  const before = await sources.ledger.usage(selection);
  const pushed = await sources.prometheus.series(selection);
  const expected = await expectedSeries(sources, selection, network, before.series);
  const pairs = pairsOf(before.series, pushed);
  const isKnown = pairs.every(({ ledger, prometheus }) => contains(ledger, prometheus));
  const now = isKnown ? before : await usageNow(sources, selection);
  for (const pair of pairs) {
    const ledger = find(now.series, pair.interface);
    const awaited = new Set(
      expected.filter((one) => one.interface === pair.interface).flatMap((one) => [...one.startsMs]),
    );
    const settled = {
      ...settledOf(sources, options, pair.interface),
      isAwaited: (startMs: number) => awaited.has(startMs),
    };
    const key = { timeZone: zone.timeZone, network: name, interface: pair.interface };
    for (const direction of ["in", "out"] as const)
      yield compareSeries({ ...key, direction }, { ledger, prometheus: pair.prometheus }, settled);
  }
}

/** What Prometheus is to have: `all`, the network's series in the ledger, as far as their labels are billed in the zone. */
async function expectedSeries(
  { ledger }: ReconcileSources,
  selection: UsageSelection,
  { known, expected }: Network,
  all: readonly IntervalSeries[],
): Promise<readonly IntervalSeries[]> {
  if (expected.length === known.length) return all;
  // An empty value matches a label that is not there.
  const names = new Set(known.flatMap(({ labels }) => Object.keys(labels)));
  const found: IntervalSeries[] = [];
  for (const { labels } of expected) {
    const exact = Object.fromEntries([...names].map((name) => [name, labels[name] ?? ""]));
    const { series } = await ledger.usage({ ...selection, selector: { ...exact, ...selection.selector } });
    found.push(...series);
  }
  return found;
}

async function usageNow({ openLedger }: ReconcileSources, selection: UsageSelection): Promise<Usage> {
  await using ledger = openLedger();
  return await ledger.usage(selection);
}

function settledOf(
  { isPending }: ReconcileSources,
  { retainedFromMs, nowMs }: ReconcileOptions,
  interfaceName: string,
): Omit<Settled, "isAwaited"> {
  return {
    isPending: (startMs) => startMs + BILLING_INTERVAL_MS > nowMs - SHOWS_AFTER_MS || isPending(interfaceName, startMs),
    isForgotten: (startMs) => startMs + BILLING_INTERVAL_MS <= retainedFromMs,
  };
}

interface Pair {
  readonly interface: string;
  readonly ledger: IntervalSeries | null;
  readonly prometheus: IntervalSeries | null;
}

/** Both are of one network of one agent. */
function pairsOf(ledger: readonly IntervalSeries[], prometheus: readonly IntervalSeries[]): readonly Pair[] {
  const names = new Set([...ledger, ...prometheus].map((series) => series.interface));
  return [...names]
    .sort()
    .map((name) => ({ interface: name, ledger: find(ledger, name), prometheus: find(prometheus, name) }));
}

function find(series: readonly IntervalSeries[], interfaceName: string): IntervalSeries | null {
  return series.find((one) => one.interface === interfaceName) ?? null;
}

/** Whether `series` has all intervals of `other`. */
function contains(series: IntervalSeries | null, other: IntervalSeries | null): boolean {
  const known = new Set(series?.startsMs);
  return other === null || other.startsMs.every((startMs) => known.has(startMs));
}
