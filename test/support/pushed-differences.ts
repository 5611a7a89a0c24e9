// Where the samples that a receiver got differ from what was sent, to the byte, and where they contradict each other:
// one line for each difference. Repeats of the same sample are no contradiction; a push may be repeated after a kill.

import { type NetworkOf, NOTHING, usageByAddress, usageByNetwork } from "./ground-truth.ts";
import type { Expectation } from "./ledger-differences.ts";
import type { Counters } from "./ledger-rows.ts";
import { type Receiver, seriesKey } from "./receiver.ts";

const INTERVAL_MS = 300_000;
const COUNTERS: readonly { readonly field: keyof Counters; readonly metric: string; readonly direction: string }[] = [
  { field: "bytesIn", metric: "acct_bytes_total", direction: "in" },
  { field: "packetsIn", metric: "acct_packets_total", direction: "in" },
  { field: "bytesOut", metric: "acct_bytes_total", direction: "out" },
  { field: "packetsOut", metric: "acct_packets_total", direction: "out" },
];

/** One sample as it arrived. */
export interface ArrivedSample {
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly timeMs: number;
  readonly value: number;
}

/** A series with one value for each time, in order of time. */
interface Series {
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly values: ReadonlyMap<number, number>;
  readonly times: readonly number[];
}

/** All samples of the agent that arrived, in order, stored or not. */
export function arrivedSamples(receiver: Pick<Receiver, "requests">): ArrivedSample[] {
  return receiver.requests.flatMap(({ series }) =>
    series.flatMap(({ labels: pairs, samples }) => {
      const { __name__: metric = "", ...labels } = Object.fromEntries(pairs.map(({ name, value }) => [name, value]));
      return samples.map(({ timestamp, value }) => ({ metric, labels, timeMs: timestamp, value }));
    }),
  );
}

/** Those of them that the receiver stored, of this request or of another one. */
export function storedSamples({ requests, samples: stored }: Receiver): ArrivedSample[] {
  const kept = requests.map((request) => ({
    ...request,
    series: request.series.map((one) => {
      const values = stored.get(seriesKey(one));
      return { ...one, samples: one.samples.filter(({ timestamp }) => values?.has(timestamp) === true) };
    }),
  }));
  return arrivedSamples({ requests: kept });
}

/** All differences on an interface; samples of others are not looked at, but for contradictions. */
export function pushedDifferences(expected: Expectation, samples: readonly ArrivedSample[]): string[] {
  const { series, conflicts } = collect(samples);
  const own = series.filter(({ labels }) => labels["interface"] === expected.interface);
  return [
    ...conflicts,
    ...own.flatMap(decreases),
    ...growthDifferences(expected, own),
    ...intervalGaugeDifferences(expected, own),
  ];
}

/** The completeness of each window between the first and the last that were pushed: 1, but for the first. */
export function completenessDifferences(expected: Expectation, samples: readonly ArrivedSample[]): string[] {
  const own = samples.filter(
    ({ metric, labels }) => metric === "acct_window_completeness_ratio" && labels["interface"] === expected.interface,
  );
  const values = new Map(own.map(({ timeMs, value }) => [timeMs, value]));
  const times = [...values.keys()].sort((a, b) => a - b);
  const [firstMs = 0, lastMs = 0] = [times[0], times.at(-1)];
  const problems: string[] = [];
  for (let timeMs = firstMs + expected.windowMs; timeMs <= lastMs; timeMs += expected.windowMs) {
    if (values.get(timeMs) !== 1) problems.push(`completeness at ${iso(timeMs)}: ${values.get(timeMs)}`);
  }
  return problems;
}

/** Each series and time that came with two values. */
export function contradictions(samples: readonly ArrivedSample[]): string[] {
  return collect(samples).conflicts;
}

function collect(samples: readonly ArrivedSample[]): { series: Series[]; conflicts: string[] } {
  const found = new Map<string, { first: ArrivedSample; values: Map<number, number> }>();
  const conflicts: string[] = [];
  for (const sample of samples) {
    const key = `${sample.metric} ${JSON.stringify(sample.labels)}`;
    const entry = found.get(key) ?? { first: sample, values: new Map<number, number>() };
    found.set(key, entry);
    const known = entry.values.get(sample.timeMs);
    if (known !== undefined && known !== sample.value)
      conflicts.push(`${key} at ${iso(sample.timeMs)}: ${known}, then ${sample.value}`);
    entry.values.set(sample.timeMs, sample.value);
  }
  const series = [...found.values()].map(({ first: { metric, labels }, values }) => {
    return { metric, labels, values, times: [...values.keys()].sort((a, b) => a - b) };
  });
  return { series, conflicts };
}

/** Counters of what is billed never fall; the agent's own begin at 0 with each start, as those of any process. */
function decreases({ metric, labels, values, times }: Series): string[] {
  if (!COUNTERS.some((counter) => counter.metric === metric)) return [];
  return times.flatMap((timeMs, index) => {
    const [before = 0, value = 0] = [values.get(times[index - 1] ?? timeMs), values.get(timeMs)];
    return value < before ? [`${nameOf(metric, labels)} at ${iso(timeMs)}: ${before} falls to ${value}`] : [];
  });
}

/** How far each counter of each address grew from the sample before to the one of each window. */
function growthDifferences(expected: Expectation, series: readonly Series[]): string[] {
  const { truth, networkOf } = expected;
  const counters = series.filter(({ metric }) => ["acct_bytes_total", "acct_packets_total"].includes(metric));
  const byKey = new Map(counters.map((one) => [nameOf(one.metric, one.labels), one]));
  const addresses = usageByAddress(truth.flows, networkOf);
  const known = new Set([...addresses.keys()].flatMap((address) => keysOf(address, networkOf)));
  const strangers = [...byKey.keys()].filter((key) => !known.has(key));
  return [
    ...strangers.map((key) => `${key}: pushed, but nothing was sent to or from it`),
    ...[...addresses.keys()].flatMap((address) => addressGrowth(expected, address, byKey)),
  ];
}

function addressGrowth(expected: Expectation, address: string, byKey: ReadonlyMap<string, Series>): string[] {
  const { truth, networkOf, windowMs } = expected;
  const problems: string[] = [];
  let isLive = false;
  for (const startMs of truth.starts) {
    const flows = truth.flowsOf(startMs).filter((flow) => flow.source === address || flow.destination === address);
    isLive ||= flows.length > 0;
    if (!isLive) continue;
    const sent = usageByAddress(flows, networkOf).get(address) ?? NOTHING;
    for (const { field, metric, direction } of COUNTERS) {
      const key = nameOf(metric, { ip: address, network: networkOf(address) ?? "", direction });
      const grown = growthAt(byKey.get(key), startMs + windowMs - 1);
      if (grown !== sent[field]) problems.push(`${key} grows by ${grown} at ${iso(startMs)}, sent ${sent[field]}`);
    }
  }
  return problems;
}

/** Undefined where there is no sample at that time, or none before it. */
function growthAt(series: Series | undefined, timeMs: number): number | undefined {
  if (!series) return undefined;
  const before = series.times[series.times.indexOf(timeMs) - 1];
  const [from, to] = [series.values.get(before ?? Number.NaN), series.values.get(timeMs)];
  return from === undefined || to === undefined ? undefined : to - from;
}

/** The gauges of billing intervals that were pushed, each network's that had traffic. */
function intervalGaugeDifferences({ truth, networkOf }: Expectation, series: readonly Series[]): string[] {
  return series
    .filter(({ metric }) => metric === "acct_interval_bytes")
    .flatMap(({ metric, labels, values }) =>
      [...values].flatMap(([timeMs, value]) => {
        const starts = truth.starts.filter((startMs) => startMs <= timeMs && startMs > timeMs - INTERVAL_MS);
        const flows = starts.flatMap((startMs) => truth.flowsOf(startMs));
        const usage = usageByNetwork(flows, networkOf).get(labels["network"] ?? "") ?? NOTHING;
        const sent = labels["direction"] === "in" ? usage.bytesIn : usage.bytesOut;
        return value === sent ? [] : [`${nameOf(metric, labels)} at ${iso(timeMs)}: ${value}, sent ${sent}`];
      }),
    );
}

function keysOf(address: string, networkOf: NetworkOf): string[] {
  const network = networkOf(address) ?? "";
  return COUNTERS.map(({ metric, direction }) => nameOf(metric, { ip: address, network, direction }));
}

function nameOf(metric: string, { ip, network, direction }: Readonly<Record<string, string>>): string {
  return `${metric} ${[network, ip, direction].filter((part) => part !== undefined).join(" ")}`;
}

function iso(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
