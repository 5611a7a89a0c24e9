// Raw samples of acct_interval_bytes, put together into the intervals of networks. Series that differ in labels that say
// nothing about network, interface or agent are one; two values of one interval are an error, never added.

import type { Labels } from "../model/network.ts";
import { BILLING_INTERVAL_MS } from "../model/time.ts";
import type { IntervalSeries, SeriesKey } from "./interval-series.ts";
import type { ApiSeries } from "./prometheus-answer.ts";
import type { TimeRange } from "./prometheus-client.ts";

/** Why samples make no intervals. */
export interface SampleProblem {
  readonly problem: string;
  readonly fix: string;
}

const DIRECTIONS = ["in", "out"] as const;

/** One direction: bytes of each interval, and 1 + the index of the label set that they are of; 0 where there are none. */
interface Column {
  readonly bytes: Float64Array;
  readonly origins: Uint32Array;
}

interface Row extends SeriesKey {
  readonly in: Column;
  readonly out: Column;
}

export class PrometheusIntervals {
  readonly #range: TimeRange;
  readonly #length: number;
  readonly #rows = new Map<string, Row>();
  readonly #labelSets: Labels[] = [];
  readonly #labelIndex = new Map<string, number>();

  /** Of `[startMs, endMs)`, multiples of the billing interval. */
  constructor(range: TimeRange) {
    this.#range = range;
    this.#length = (range.endMs - range.startMs) / BILLING_INTERVAL_MS;
  }

  /** Null where all went well. Samples outside the range are left out. */
  add({ labels, samples }: ApiSeries): SampleProblem | null {
    const { direction, network, instance, interface: name } = labels;
    const known = DIRECTIONS.find((one) => one === direction);
    if (known === undefined || network === undefined || instance === undefined || name === undefined)
      return unknownSeries(labels);
    const row = this.#row({ network, instance, interface: name });
    const origin = this.#originOf(labels);
    for (const sample of samples) {
      const problem = this.#addSample(row[known], origin, sample);
      if (problem !== null) return problem;
    }
    return null;
  }

  /**
   * The series by network, instance, interface. An interval with one direction alone, which is on its way as long as it
   * is not older than `settledMs`, is left out, or a problem.
   */
  series(settledMs: number): readonly IntervalSeries[] | SampleProblem {
    const rows = [...this.#rows.values()].sort(compareKeys);
    const found: IntervalSeries[] = [];
    for (const row of rows) {
      const half = this.#halfBefore(row, settledMs);
      if (half !== null) return half;
      const one = this.#seriesOf(row);
      if (one.startsMs.length > 0) found.push(one);
    }
    return found;
  }

  #row(key: SeriesKey): Row {
    const text = JSON.stringify([key.network, key.instance, key.interface]);
    const known = this.#rows.get(text);
    if (known !== undefined) return known;
    const row = { ...key, in: newColumn(this.#length), out: newColumn(this.#length) };
    this.#rows.set(text, row);
    return row;
  }

  /** 1 + the index of the label set. */
  #originOf(labels: Labels): number {
    const text = seriesName(labels);
    const known = this.#labelIndex.get(text);
    if (known !== undefined) return known;
    const origin = this.#labelSets.push(labels);
    this.#labelIndex.set(text, origin);
    return origin;
  }

  #addSample(column: Column, origin: number, [seconds, text]: ApiSeries["samples"][number]): SampleProblem | null {
    const startMs = Math.round(seconds * 1000) + 1 - BILLING_INTERVAL_MS;
    const index = (startMs - this.#range.startMs) / BILLING_INTERVAL_MS;
    if (!Number.isInteger(index)) return this.#invalid(origin, seconds, "is at no interval's last millisecond");
    if (index < 0 || index >= this.#length) return null;
    const bytes = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!Number.isSafeInteger(bytes)) return this.#invalid(origin, seconds, `is ${text}, no whole number of bytes`);
    const before = column.origins[index] ?? 0;
    if (before !== 0 && before !== origin) return this.#twoSeries(before, origin, startMs);
    if (before !== 0 && column.bytes[index] !== bytes)
      return this.#invalid(origin, seconds, `is both ${column.bytes[index]} and ${bytes}`);
    column.bytes[index] = bytes;
    column.origins[index] = origin;
    return null;
  }

  #invalid(origin: number, seconds: number, what: string): SampleProblem {
    const problem = `the sample of ${this.#name(origin)} at ${iso(seconds * 1000)} ${what}`;
    return { problem, fix: "find out who else writes this series; report --source ledger does without it" };
  }

  #twoSeries(first: number, second: number, startMs: number): SampleProblem {
    const names = `${this.#name(first)} and ${this.#name(second)}`;
    const fix = "give each agent its own agent.instance, or keep receivers from adding labels of their own";
    return { problem: `the interval ${iso(startMs)} is in two series, ${names}`, fix };
  }

  #halfBefore(row: Row, settledMs: number): SampleProblem | null {
    for (let index = 0; index < this.#length; index += 1) {
      const startMs = this.#range.startMs + index * BILLING_INTERVAL_MS;
      if (startMs + BILLING_INTERVAL_MS > settledMs) return null;
      const [received = 0, sent = 0] = [row.in.origins[index], row.out.origins[index]];
      if ((received === 0) === (sent === 0)) continue;
      const problem = `the interval ${iso(startMs)} of ${this.#name(received + sent)} lacks the other direction`;
      return { problem, fix: "see acct-agent dead-letter list and acct-agent reconcile on that agent" };
    }
    return null;
  }

  #seriesOf(row: Row): IntervalSeries {
    const { instance, interface: name, network } = row;
    const indices: number[] = [];
    for (let index = 0; index < this.#length; index += 1)
      if (row.in.origins[index] !== 0 && row.out.origins[index] !== 0) indices.push(index);
    const column = (of: (index: number) => number): Float64Array => Float64Array.from(indices, of);
    return {
      instance,
      interface: name,
      network,
      startsMs: column((index) => this.#range.startMs + index * BILLING_INTERVAL_MS),
      bytesIn: column((index) => row.in.bytes[index] ?? 0),
      bytesOut: column((index) => row.out.bytes[index] ?? 0),
    };
  }

  #name(origin: number): string {
    return seriesName(this.#labelSets[origin - 1] ?? {});
  }
}

function newColumn(length: number): Column {
  return { bytes: new Float64Array(length), origins: new Uint32Array(length) };
}

function unknownSeries(labels: Labels): SampleProblem {
  const problem = `${seriesName(labels)} lacks the label direction (in or out), network, instance or interface`;
  return { problem, fix: "keep relabelling from changing these" };
}

function seriesName(labels: Labels): string {
  const pairs = Object.entries(labels)
    .sort(([a], [b]) => compare(a, b))
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `acct_interval_bytes{${pairs.join(",")}}`;
}

function iso(timeMs: number): string {
  return new Date(Math.round(timeMs)).toISOString();
}

/** By code units, as SQLite and JSON.stringify leave them. */
function compareKeys(a: SeriesKey, b: SeriesKey): number {
  return compare(a.network, b.network) || compare(a.instance, b.instance) || compare(a.interface, b.interface);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
