// The tables of the backfill benchmark: a backlog's size with its projection to ten days, and how it is delivered.

import type { Backfill, Drain, ReceiverName, SenderName } from "./backfill-result.ts";
import { RECEIVERS, SENDERS } from "./backfill-result.ts";
import type { Report, Table, Target } from "./benchmark.ts";
import { fixed, mebibytes, median, ratio, whole } from "./statistics.ts";

const OUTAGE_WINDOWS = 10 * 24 * 60;
const TARGET_BYTES = 2 * 2 ** 30;
const TARGET_RATE = 150_000;
const TARGET_RATIO = 0.5;
/** How much more at the end than in the middle is still flat. */
const FLAT = 1.1;
const OURS = ["acct-agent", "acct-agent, batched"] as const satisfies readonly SenderName[];
const PEER: SenderName = "vmagent";

export interface DrainRun {
  readonly sender: SenderName;
  readonly receiver: ReceiverName;
  readonly drain: Drain;
}

export function backfillReport(made: Backfill, runs: readonly DrainRun[], addresses: number): Report {
  const scale = OUTAGE_WINDOWS / made.windows;
  const projectedBytes = made.fileBytes * scale;
  const size: Target = {
    what: `10 days of ${whole(addresses)} addresses on disk${isWhole(made) ? "" : ", PROJECTED"}`,
    target: `under ${mebibytes(TARGET_BYTES)} MiB`,
    measured: `${mebibytes(projectedBytes)} MiB`,
    met: projectedBytes < TARGET_BYTES,
  };
  return {
    tables: [sizeTable(made, scale), drainTable(runs), memoryTable(runs)],
    targets: [size, ...RECEIVERS.flatMap((receiver) => OURS.flatMap((sender) => targets(runs, receiver, sender)))],
    notes: [
      ...RECEIVERS.map((receiver) => outageNote(runs, receiver, made.samples * scale)),
      ...NOTES,
      ...(isWhole(made) ? [] : ["PROJECTED: what was made, times the windows of 10 days; --hours 240 measures"]),
    ],
  };
}

const NOTES = [
  "a window is four counter samples an address, the first one twice as many, and those of its networks by billing interval; the file also has the usage by interval, which stays",
  "samples are counted at the receiver, every 50 ms, from the first count that it shows to the last but one (VictoriaMetrics shows a new one each second); each sender has a fresh receiver on the same machine, whose CPU is taken from the sender's",
  "acct-agent keeps the order and has one request of 2,000 samples in flight, or, batched, one of 20,000 with the series of several windows merged; vmagent has twice as many blocks of up to 10,000 samples in flight as there are cores, in no order, and one with 1 queue",
  "pushing: from the beginning of a request to its answer, of the whole backlog; in the rest the ledger was waited for",
  "CPU is of the sender's own process, all threads; RSS in the middle and at the end is the median of a tenth of the drain",
];

function isWhole({ windows }: Backfill): boolean {
  return windows >= OUTAGE_WINDOWS;
}

function sizeTable(made: Backfill, scale: number): Table {
  const { windows, samples, requests, requestBytes, fileBytes, wallSeconds } = made;
  const row = (name: string, factor: number): string[] => [
    name,
    whole(windows * factor),
    whole(samples * factor),
    whole(requests * factor),
    mebibytes(requestBytes * factor),
    mebibytes(fileBytes * factor),
    fixed(fileBytes / samples),
    fixed(wallSeconds * factor, 1),
  ];
  return {
    title: "A backlog in the ledger",
    columns: ["outage", "windows", "samples", "requests", "of them MiB", "file MiB", "bytes/sample", "seconds to make"],
    rows: [
      row(`${fixed(windows / 60, 0)} h, measured`, 1),
      ...(isWhole(made) ? [] : [row("10 days, PROJECTED", scale)]),
    ],
  };
}

function drainTable(runs: readonly DrainRun[]): Table {
  return {
    title: "Delivering it",
    columns: [
      "sender and receiver",
      "seconds",
      "of it pushing",
      "samples/s",
      "vmagent = 1",
      "CPU s",
      "CPU us/sample",
      "receiver CPU s",
    ],
    rows: each(runs, (name, drains, receiver) => [
      name,
      fixed(median(drains.map(({ wallSeconds }) => wallSeconds))),
      fixed(median(drains.map(({ pushingSeconds }) => pushingSeconds ?? Number.NaN))),
      whole(rate(drains)),
      ratio(rate(drains) / rate(drainsOf(runs, PEER, receiver))),
      fixed(median(drains.map(({ cpuSeconds }) => cpuSeconds))),
      fixed(median(drains.map(({ cpuSeconds, samples }) => (cpuSeconds * 1e6) / samples))),
      fixed(median(drains.map(({ receiverCpuSeconds }) => receiverCpuSeconds))),
    ]),
  };
}

function memoryTable(runs: readonly DrainRun[]): Table {
  return {
    title: "Resident memory of the sender meanwhile, MiB",
    columns: ["sender and receiver", "start", "middle", "end", "peak"],
    rows: each(runs, (name, drains) => [
      name,
      ...[0, 0.45, 0.9].map((from) => mebibytes(rssFrom(drains, from))),
      mebibytes(Math.max(...drains.flatMap(({ rss }) => rss))),
    ]),
  };
}

function targets(runs: readonly DrainRun[], receiver: ReceiverName, sender: SenderName): readonly Target[] {
  const ours = drainsOf(runs, sender, receiver);
  const share = rate(ours) / rate(drainsOf(runs, PEER, receiver));
  const [middle, end] = [rssFrom(ours, 0.45), rssFrom(ours, 0.9)];
  return [
    {
      what: `${receiver}: drain by ${sender}`,
      target: `at least ${whole(TARGET_RATE)} samples/s`,
      measured: `${whole(rate(ours))} samples/s`,
      met: rate(ours) >= TARGET_RATE,
    },
    {
      what: `${receiver}: drain by ${sender} next to vmagent`,
      target: `at least ${ratio(TARGET_RATIO)}`,
      measured: ratio(share),
      met: share >= TARGET_RATIO,
    },
    {
      what: `${receiver}: memory of ${sender} at the end next to the middle`,
      target: `at most ${ratio(FLAT)}`,
      measured: ratio(end / middle),
      met: end <= middle * FLAT,
    },
  ];
}

function outageNote(runs: readonly DrainRun[], receiver: ReceiverName, outageSamples: number): string {
  const minutes = (sender: SenderName): string => fixed(outageSamples / rate(drainsOf(runs, sender, receiver)) / 60, 1);
  return `at these rates 10 days go to ${receiver} in ${minutes("acct-agent")} minutes, batched in ${minutes("acct-agent, batched")}, from vmagent in ${minutes(PEER)}`;
}

function each(
  runs: readonly DrainRun[],
  row: (name: string, drains: readonly Drain[], receiver: ReceiverName) => string[],
): string[][] {
  return RECEIVERS.flatMap((receiver) =>
    SENDERS.map((sender) => row(`${sender} to ${receiver}`, drainsOf(runs, sender, receiver), receiver)),
  );
}

function drainsOf(runs: readonly DrainRun[], sender: SenderName, receiver: ReceiverName): readonly Drain[] {
  return runs.filter((run) => run.sender === sender && run.receiver === receiver).map(({ drain }) => drain);
}

function rate(drains: readonly Drain[]): number {
  return median(drains.map(({ samples, wallSeconds }) => samples / wallSeconds));
}

/** Median of the tenth of each drain that begins at `from`. */
function rssFrom(drains: readonly Drain[], from: number): number {
  const tenth = (rss: readonly number[]): readonly number[] => {
    const first = Math.floor(rss.length * from);
    return rss.slice(first, first + Math.max(1, Math.ceil(rss.length / 10)));
  };
  return median(drains.flatMap(({ rss }) => tenth(rss)));
}
