// From what was measured to nanoseconds for each packet: a subject's cost in softirq is what its sender needs for a
// packet, less what the sender of the same round needs while nothing counts. Only time that the sender has its core
// counts: whatever else the machine does at the moment would drown the difference.

import type { Report, Target } from "./benchmark.ts";
import { fixed, median, percent, ratio, whole } from "./statistics.ts";

export const NOTHING = "nothing";
const OURS = "ebpf";
/** From here on a figure is marked as a lower bound: a packet that is lost costs less than one that is handed over. */
const NOTABLE_LOSS = 0.01;

export interface Measured {
  readonly subject: string;
  readonly round: number;
  readonly sent: number;
  readonly seconds: number;
  /** What part of them the sender, or ksoftirqd in its stead, had the core. */
  readonly onCoreShare: number;
  /** With the warm-up, and what was sent while something else had the core. */
  readonly sentInAll: number;
  /** Of `sentInAll`; NaN for nothing. */
  readonly counted: number;
  /** Of the subject's processes, while `sent` was sent and a second after. */
  readonly cpuSeconds: number;
  /** What part of the receive softirqs was not on the sender's core. */
  readonly elsewhere: number;
}

interface Cost {
  readonly softirqNs: number;
  readonly userNs: number;
  readonly totalNs: number;
}

type Costs = ReadonlyMap<string, readonly Cost[]>;

export function marginalReport(measured: readonly Measured[], leftOut: readonly string[]): Report {
  const subjects = [...new Set(measured.map(({ subject }) => subject))].filter((subject) => subject !== NOTHING);
  const costs: Costs = new Map(subjects.map((subject) => [subject, costsOf(measured, subject)]));
  const table = {
    title: "Marginal cost of counting a 64-byte packet, ns of the whole machine",
    columns: COLUMNS,
    rows: [NOTHING, ...subjects].map((subject) => row(measured, costs, subject)),
  };
  return { tables: [table], targets: targets(measured, costs), notes: [...leftOut, ...notes(measured)] };
}

const COLUMNS = ["subject", "sent", "counted", "lost", "sent/s", "softirq", "spread", "user space", "spread"].concat([
  "total",
  "spread",
  "total, ebpf = 1",
]);

/** One for each round in which the subject and nothing were measured. */
function costsOf(measured: readonly Measured[], subject: string): readonly Cost[] {
  return of(measured, subject).flatMap((one) => {
    const alone = of(measured, NOTHING).find(({ round }) => round === one.round);
    if (!alone) return [];
    const softirqNs = senderNs(one) - senderNs(alone);
    const userNs = (one.cpuSeconds * 1e9) / (one.sent * (1 - lossOf(one)));
    return [{ softirqNs, userNs, totalNs: softirqNs + userNs }];
  });
}

function of(measured: readonly Measured[], subject: string): readonly Measured[] {
  return measured.filter((one) => one.subject === subject);
}

function senderNs({ seconds, onCoreShare, sent }: Measured): number {
  return (seconds * onCoreShare * 1e9) / sent;
}

function lossOf({ counted, sentInAll }: Measured): number {
  return 1 - counted / sentInAll;
}

function row(measured: readonly Measured[], costs: Costs, subject: string): string[] {
  const runs = of(measured, subject);
  const own = costs.get(subject) ?? [];
  const mark = median(runs.map(lossOf)) > NOTABLE_LOSS ? "> " : "";
  const spent = (pick: (cost: Cost) => number, marked = mark): string[] => {
    const values = own.map(pick);
    return [marked + fixed(median(values), 0), spread(values)];
  };
  return [
    subject,
    whole(median(runs.map(({ sentInAll }) => sentInAll))),
    whole(median(runs.map(({ counted }) => counted))),
    percent(median(runs.map(lossOf))),
    whole(median(runs.map(({ sent, seconds }) => sent / seconds))),
    ...spent(({ softirqNs }) => softirqNs),
    ...spent(({ userNs }) => userNs, ""),
    ...spent(({ totalNs }) => totalNs),
    mark + ratio(total(costs, subject) / total(costs, OURS)),
  ];
}

function spread(values: readonly number[]): string {
  return values.length === 0 ? "-" : `${fixed(Math.min(...values), 0)}..${fixed(Math.max(...values), 0)}`;
}

/** NaN where it was not measured. */
function total(costs: Costs, subject: string): number {
  return median((costs.get(subject) ?? []).map(({ totalNs }) => totalNs));
}

function targets(measured: readonly Measured[], costs: Costs): readonly Target[] {
  if (!costs.has(OURS)) return [];
  const lost = Math.max(...of(measured, OURS).map(({ sentInAll, counted }) => Math.abs(sentInAll - counted)));
  const loss = {
    what: "packets that ebpf lost or counted twice, worst round",
    target: "0",
    measured: whole(lost),
    met: lost === 0,
  };
  return [...nextTo(costs, "pmacctd", 0.5), ...nextTo(costs, "tcpdump", 1), loss];
}

function nextTo(costs: Costs, peer: string, atMost: number): readonly Target[] {
  if (!costs.has(peer)) return [];
  const measured = total(costs, OURS) / total(costs, peer);
  return [
    {
      what: `total of ebpf next to ${peer}`,
      target: `at most ${ratio(atMost)}`,
      measured: ratio(measured),
      met: measured <= atMost,
    },
  ];
}

function notes(measured: readonly Measured[]): readonly string[] {
  const needed = of(measured, NOTHING).map(senderNs);
  return [
    `softirq: what the sender needs for a packet with the subject less what it needs with nothing, ${fixed(median(needed), 0)} ns (${spread(needed)}), in the same round; spread: least and most of the rounds`,
    `what a sender needs is 1 / its rate, times the part of the time that it had its core: at least ${percent(Math.min(...measured.map(({ onCoreShare }) => onCoreShare)))}`,
    "user space: user and system time of all processes of the subject, while packets were sent and 1 s after, over the packets counted; the agent's includes closing and committing one 5 s window",
    `receive softirqs that were not on the sender's core: at most ${percent(Math.max(...measured.map(({ elsewhere }) => elsewhere)))}`,
    "sent, counted and lost include the warm-up, and what was sent again because something else had the sender's core; >: a lower bound, as over 1 % was lost, and a packet that is lost costs less in softirq than one that is handed over",
  ];
}
