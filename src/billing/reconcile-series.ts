// One direction of one series, interval by interval: equal, different, or there on one side alone.

import type { IntervalSeries } from "./interval-series.ts";

export interface SeriesName {
  readonly timeZone: string;
  readonly network: string;
  readonly interface: string;
  readonly direction: "in" | "out";
}

/** An interval that differs; null where a side lacks it. */
export interface IntervalDifference {
  readonly startMs: number;
  readonly ledgerBytes: number | null;
  readonly prometheusBytes: number | null;
}

export interface SeriesComparison extends SeriesName {
  readonly equal: number;
  /** On the way to Prometheus. */
  readonly pending: number;
  /** In Prometheus alone, because the ledger's retention is over. */
  readonly forgotten: number;
  /** Ascending by start. */
  readonly differences: readonly IntervalDifference[];
}

/** What explains that an interval, by its start, is on one side alone. */
export interface Settled {
  /** Prometheus is to have it, if it is not pending. */
  readonly isAwaited: (startMs: number) => boolean;
  readonly isPending: (startMs: number) => boolean;
  readonly isForgotten: (startMs: number) => boolean;
}

interface Sides {
  readonly ledger: IntervalSeries | null;
  readonly prometheus: IntervalSeries | null;
}

export function compareSeries(name: SeriesName, sides: Sides, settled: Settled): SeriesComparison {
  const ledger = bytesByStart(sides.ledger, name.direction);
  const prometheus = bytesByStart(sides.prometheus, name.direction);
  const tally = { equal: 0, pending: 0, forgotten: 0 };
  const differences: IntervalDifference[] = [];
  for (const startMs of [...new Set([...ledger.keys(), ...prometheus.keys()])].sort((a, b) => a - b)) {
    const difference = {
      startMs,
      ledgerBytes: ledger.get(startMs) ?? null,
      prometheusBytes: prometheus.get(startMs) ?? null,
    };
    const outcome = outcomeOf(difference, settled);
    if (outcome === "different") differences.push(difference);
    else if (outcome !== "unexpected") tally[outcome] += 1;
  }
  return { ...name, ...tally, differences };
}

type Outcome = "equal" | "different" | "pending" | "forgotten" | "unexpected";

function outcomeOf({ startMs, ledgerBytes, prometheusBytes }: IntervalDifference, settled: Settled): Outcome {
  if (ledgerBytes === prometheusBytes) return "equal";
  if (prometheusBytes === null) {
    if (!settled.isAwaited(startMs)) return "unexpected";
    return settled.isPending(startMs) ? "pending" : "different";
  }
  return ledgerBytes === null && settled.isForgotten(startMs) ? "forgotten" : "different";
}

function bytesByStart(series: IntervalSeries | null, direction: "in" | "out"): ReadonlyMap<number, number> {
  if (series === null) return new Map();
  const bytes = direction === "in" ? series.bytesIn : series.bytesOut;
  return new Map([...series.startsMs].map((startMs, index) => [startMs, bytes[index] ?? 0]));
}
