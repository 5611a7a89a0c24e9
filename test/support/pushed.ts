// What a loopback receiver was sent, request after request: where pushes contradict each other, and what they add up to.

import type { Receiver } from "./receiver.ts";
import { seriesKey } from "./receiver.ts";

export interface PushedSample {
  readonly timeMs: number;
  readonly value: number;
}

/** Samples by series key, in the order of arrival; repeats of the same sample included. */
export function pushedSeries(receiver: Receiver, metric: string): ReadonlyMap<string, readonly PushedSample[]> {
  const found = new Map<string, PushedSample[]>();
  for (const series of receiver.requests.flatMap((request) => request.series)) {
    const key = seriesKey(series);
    if (!key.startsWith(`${metric}{`)) continue;
    const known = found.get(key) ?? [];
    found.set(key, known);
    known.push(...series.samples.map(({ timestamp, value }) => ({ timeMs: timestamp, value })));
  }
  return found;
}

/**
 * Every way in which pushes of counters contradict each other, one line each: a series and time with two values, a
 * value below an earlier one, a time before an earlier one.
 */
export function contradictions(receiver: Receiver): string[] {
  const problems: string[] = [];
  for (const metric of ["acct_bytes_total", "acct_packets_total", "acct_interval_bytes"]) {
    for (const [key, samples] of pushedSeries(receiver, metric)) {
      for (const [index, { timeMs, value }] of samples.entries()) {
        const before = samples[index - 1];
        if (!before) continue;
        const step = `${key}: ${before.value} at ${before.timeMs}, then ${value} at ${timeMs}`;
        if (timeMs < before.timeMs) problems.push(`back in time: ${step}`);
        if (timeMs === before.timeMs && value !== before.value) problems.push(`two values: ${step}`);
        if (value < before.value && metric !== "acct_interval_bytes") problems.push(`decreases: ${step}`);
      }
    }
  }
  return problems;
}

/** The newest value of each series of a metric, by `ip direction`. */
export function newestByAddress(receiver: Receiver, metric: string): Record<string, number> {
  const newest: Record<string, number> = {};
  for (const [key, samples] of pushedSeries(receiver, metric)) {
    const label = (name: string): string => new RegExp(`[{,]${name}="([^"]*)"`).exec(key)?.[1] ?? "";
    newest[`${label("ip")} ${label("direction")}`] = samples.at(-1)?.value ?? Number.NaN;
  }
  return newest;
}

/** The sum of the newest values of a metric's series in one direction. */
export function pushedTotal(receiver: Receiver, metric: string, direction: "in" | "out"): number {
  return Object.entries(newestByAddress(receiver, metric))
    .filter(([key]) => key.endsWith(` ${direction}`))
    .reduce((sum, [, value]) => sum + value, 0);
}

/** The time stamp of the newest sample of a metric; 0 before the first. */
export function newestTime(receiver: Receiver, metric: string): number {
  return Math.max(0, ...[...pushedSeries(receiver, metric).values()].flat().map(({ timeMs }) => timeMs));
}
