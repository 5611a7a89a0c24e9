// What a reconciliation found, for a person and for programs.

import { BILLING_INTERVAL_MS } from "../model/time.ts";
import type { IntervalDifference, SeriesComparison } from "./reconcile-series.ts";

export interface ReconcileResult {
  /** `2026-10`. */
  readonly month: string;
  readonly instance: string;
  readonly comparisons: readonly SeriesComparison[];
}

/** In values: one direction of one series in one interval, and in one time zone. */
export interface ReconcileCounts {
  /** Equal and different ones, those that a side lacks among them. */
  readonly compared: number;
  readonly equal: number;
  readonly pending: number;
  readonly forgotten: number;
  /** On both sides, with other bytes. */
  readonly different: number;
  readonly missingThere: number;
  readonly missingHere: number;
}

export function countsOf({ comparisons }: ReconcileResult): ReconcileCounts {
  const sum = (of: (comparison: SeriesComparison) => number): number =>
    comparisons.reduce((total, comparison) => total + of(comparison), 0);
  const count = (kind: Kind): number =>
    sum(({ differences }) => differences.filter((difference) => kindOf(difference) === kind).length);
  const equal = sum((comparison) => comparison.equal);
  const [different, missingThere, missingHere] = [count("different"), count("missing there"), count("missing here")];
  return {
    compared: equal + different + missingThere + missingHere,
    equal,
    different,
    missingThere,
    missingHere,
    pending: sum((comparison) => comparison.pending),
    forgotten: sum((comparison) => comparison.forgotten),
  };
}

/** The JSON text in parts: there may be more differences than one string holds. Times are ISO 8601 UTC. */
export function* reconcileJson(result: ReconcileResult): Generator<string> {
  const { compared, equal, pending, forgotten, missingThere, missingHere } = countsOf(result);
  const { month, instance } = result;
  const missing = { missing_in_prometheus: missingThere, missing_in_ledger: missingHere };
  const head = { month, instance, compared, equal, pending, past_retention: forgotten, ...missing };
  yield `${JSON.stringify(head, null, 2).slice(0, -2)},\n  "differences": [`;
  let separator = "\n";
  for (const comparison of result.comparisons) {
    const rows = comparison.differences.map((difference) => JSON.stringify(differenceJson(comparison, difference)));
    if (rows.length === 0) continue;
    yield `${separator}    ${rows.join(",\n    ")}`;
    separator = ",\n";
  }
  yield `${separator === "\n" ? "" : "\n  "}]\n}\n`;
}

function differenceJson(series: SeriesComparison, difference: IntervalDifference): Readonly<Record<string, unknown>> {
  return {
    from: new Date(difference.startMs).toISOString(),
    to: new Date(difference.startMs + BILLING_INTERVAL_MS).toISOString(),
    network: series.network,
    interface: series.interface,
    direction: series.direction,
    time_zone: series.timeZone,
    ledger_bytes: difference.ledgerBytes,
    prometheus_bytes: difference.prometheusBytes,
  };
}

export const DIFFERENCE_HEADER = [
  "FROM",
  "TO",
  "NETWORK",
  "INTERFACE",
  "DIRECTION",
  "TIME ZONE",
  "LEDGER BYTES",
  "PROMETHEUS BYTES",
] as const;

/** Rows of a table: consecutive intervals that differ in the same way are one, their bytes added. */
export function* differenceRows({ comparisons }: ReconcileResult): Generator<readonly string[]> {
  for (const comparison of comparisons) for (const run of runsOf(comparison.differences)) yield rowOf(comparison, run);
}

/** What a person reads below the table. */
export function summaryLines(result: ReconcileResult): readonly string[] {
  const { compared, equal, different, missingThere, missingHere, pending, forgotten } = countsOf(result);
  const lines = [
    `${result.month}, ${result.instance}: ${compared} compared, ${equal} equal, ${different} different, ` +
      `${missingThere} missing in Prometheus, ${missingHere} missing in the ledger`,
  ];
  if (pending > 0) lines.push(`${pending} pending: on their way to Prometheus`);
  if (forgotten > 0) lines.push(`${forgotten} in Prometheus alone: older than the ledger keeps (buffer.retention)`);
  if (different > 0)
    lines.push("different: bytes that came after an interval was pushed (late bytes) are in the ledger alone");
  if (missingThere > 0)
    lines.push("missing in Prometheus: see acct-agent dead-letter list, and dropped samples in acct-agent status");
  if (missingHere > 0) lines.push("missing in the ledger: it is another one, or another agent pushes by this instance");
  return lines;
}

type Kind = "different" | "missing there" | "missing here";

function kindOf({ ledgerBytes, prometheusBytes }: IntervalDifference): Kind {
  if (prometheusBytes === null) return "missing there";
  return ledgerBytes === null ? "missing here" : "different";
}

interface Run {
  readonly first: IntervalDifference;
  last: IntervalDifference;
  ledgerBytes: bigint;
  prometheusBytes: bigint;
}

function runsOf(differences: readonly IntervalDifference[]): readonly Run[] {
  const runs: Run[] = [];
  for (const difference of differences) {
    let run = runs.at(-1);
    if (run === undefined || !continues(run, difference)) {
      run = { first: difference, last: difference, ledgerBytes: 0n, prometheusBytes: 0n };
      runs.push(run);
    }
    run.last = difference;
    run.ledgerBytes += BigInt(difference.ledgerBytes ?? 0);
    run.prometheusBytes += BigInt(difference.prometheusBytes ?? 0);
  }
  return runs;
}

function continues({ last }: Run, next: IntervalDifference): boolean {
  return next.startMs === last.startMs + BILLING_INTERVAL_MS && kindOf(next) === kindOf(last);
}

function rowOf(series: SeriesComparison, { first, last, ledgerBytes, prometheusBytes }: Run): readonly string[] {
  const kind = kindOf(first);
  return [
    minute(first.startMs),
    minute(last.startMs + BILLING_INTERVAL_MS),
    series.network,
    series.interface,
    series.direction,
    series.timeZone,
    kind === "missing here" ? "missing" : String(ledgerBytes),
    kind === "missing there" ? "missing" : String(prometheusBytes),
  ];
}

/** Intervals begin on whole minutes. */
function minute(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 16)}Z`;
}
