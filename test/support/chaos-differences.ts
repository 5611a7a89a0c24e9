// What receivers must hold that were pushed the same, whatever happened on the way, and when: one line for each
// difference.

import { WINDOW_MS } from "./edge.ts";
import type { AddressUsage, DeadLetterRow } from "./ledger-rows.ts";
import type { ArrivedSample } from "./pushed-differences.ts";
import { type ReceivedSample, type Receiver, samplesOf } from "./receiver.ts";

/** A second of schedule, half a second of harvest, and a slow machine. */
const LAG_MS = WINDOW_MS + 2_500;

/** When an agent was at work: from its capture's start to its death. */
export interface Life {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Samples that one receiver stored and the other did not, or otherwise; up to and including `untilMs`. */
export function storeDifferences(chaos: Receiver, steady: Receiver, untilMs: number): string[] {
  return [...missing("chaos", chaos, steady, untilMs), ...missing("steady", steady, chaos, untilMs)];
}

function missing(name: string, receiver: Receiver, other: Receiver, untilMs: number): string[] {
  return [...other.samples].flatMap(([series, values]) =>
    [...values]
      .filter(([timeMs, value]) => timeMs <= untilMs && !Object.is(receiver.samples.get(series)?.get(timeMs), value))
      .map(([timeMs, value]) => {
        const stored = receiver.samples.get(series)?.get(timeMs);
        return `${name}: ${series} at ${iso(timeMs)} is ${stored}, the other has ${value}`;
      }),
  );
}

/** The newest counters against those of the ledger. */
export function newestDifferences(usage: readonly AddressUsage[], samples: readonly ArrivedSample[]): string[] {
  const newest = new Map<string, ArrivedSample>();
  for (const sample of samples) {
    const { metric, labels, timeMs } = sample;
    const key = [metric, labels["interface"], labels["network"], labels["ip"], labels["direction"]].join(" ");
    if ((newest.get(key)?.timeMs ?? 0) <= timeMs) newest.set(key, sample);
  }
  return usage.flatMap((row) => {
    const { interface: device, network, address, bytesIn, bytesOut } = row;
    return [["in", bytesIn] as const, ["out", bytesOut] as const].flatMap(([direction, bytes]) => {
      const key = ["acct_bytes_total", device, network, address, direction].join(" ");
      const value = newest.get(key)?.value;
      return value === bytes ? [] : [`${key}: the newest sample is ${value}, the ledger has ${bytes}`];
    });
  });
}

/** Dead letters that are of no poisoned sample, and poisoned samples without one. `all` took everything. */
export function letterDifferences(
  letters: readonly DeadLetterRow[],
  all: Receiver,
  poisoned: (sample: ReceivedSample) => boolean,
): string[] {
  const keyOf = (series: string, timeMs: number): string => `${series} at ${iso(timeMs)}`;
  const expected = new Set(
    all.requests.flatMap(samplesOf).flatMap((one) => (poisoned(one) ? [keyOf(one.series, one.timestamp)] : [])),
  );
  const found = letters.map(({ series, timestampMs }) => keyOf(series, timestampMs));
  return [
    ...found.filter((key) => !expected.has(key)).map((key) => `dead letter of a good sample: ${key}`),
    ...[...expected].filter((key) => !found.includes(key)).map((key) => `no dead letter: ${key}`),
    ...letters.filter(({ code }) => code !== 400).map((one) => `dead letter with ${one.code}: ${one.series}`),
    ...letters.filter(({ endpoint }) => endpoint !== "chaos").map((one) => `dead letter of ${one.endpoint}`),
  ];
}

/** How long each window was on its way while an agent lived. */
export function windowLags(receiver: Receiver, lives: readonly Life[]): ReadonlyMap<number, number> {
  const lags = new Map<number, number>();
  for (const request of receiver.requests) {
    const arrivedMs = performance.timeOrigin + request.atMs;
    const own = samplesOf(request).filter(({ series }) => series.startsWith("acct_window_completeness_ratio{"));
    for (const { timestamp } of own)
      if (!lags.has(timestamp)) lags.set(timestamp, aliveMs(lives, timestamp, arrivedMs));
  }
  return lags;
}

export function lagDifferences(lags: ReadonlyMap<number, number>): string[] {
  return [...lags]
    .filter(([, lagMs]) => lagMs > LAG_MS)
    .map(([timeMs, lagMs]) => `steady: the window that ends at ${iso(timeMs)} came after ${Math.round(lagMs)} ms`);
}

function aliveMs(lives: readonly Life[], fromMs: number, toMs: number): number {
  const overlaps = lives.map((life) => Math.min(toMs, life.toMs) - Math.max(fromMs, life.fromMs));
  return overlaps.reduce((sum, ms) => sum + Math.max(0, ms), 0);
}

function iso(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
