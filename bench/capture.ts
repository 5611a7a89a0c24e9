// Live capture next to tcpdump and pmacctd: CPU time and loss at rising rates of 64-byte packets (60 bytes and the frame
// check sequence) to 254 hosts, over a veth pair between two namespaces. One subject at a time, on the same stream.

import { setTimeout as sleep } from "node:timers/promises";
import { type Namespace, NetworkPair } from "../test/support/netns.ts";
import { tempFolder } from "../test/support/temp-folder.ts";
import { Traffic } from "../test/support/traffic.ts";
import type { BenchmarkOptions, Report } from "./support/benchmark.ts";
import { type LiveSubject, type LiveSubjectKind, settledCount } from "./support/live-subject.ts";
import { LIVE_SUBJECTS } from "./support/live-subjects.ts";
import { cpuSeconds } from "./support/processes.ts";
import { fixed, median, percent, ratio, whole } from "./support/statistics.ts";

/** Packets a second; 0 is as fast as the sender can. */
const RATES = [50_000, 100_000, 200_000, 300_000, 500_000, 0];
const SEND_MS = 2_500;
const HOSTS = 254;
/** Those that bring each packet to user space and count it there or could. */
const SUBJECTS = [LIVE_SUBJECTS.pcap, LIVE_SUBJECTS.tcpdump, LIVE_SUBJECTS.pmacctd];
const WARM_UP_RATE = 100_000;

interface Measured {
  readonly subject: string;
  readonly rate: number;
  readonly sentPerSecond: number;
  readonly cpuMicroseconds: number;
  readonly loss: number;
  /** Part of the loss that the subject knows of itself. */
  readonly told: number;
}

export async function capture({ rounds, progress }: BenchmarkOptions): Promise<Report> {
  await using pair = await NetworkPair.create({ prefix: "acctbench", offloads: false });
  const measured: Measured[] = [];
  for (let round = 1; round <= rounds; round++) {
    progress(`capture: round ${round} of ${rounds}, nobody captures`);
    measured.push(await sendAlone(pair));
    for (const kind of SUBJECTS) {
      progress(`capture: round ${round} of ${rounds}, ${kind.name}`);
      measured.push(...(await measureSubject(pair, kind)));
    }
  }
  return report(measured);
}

async function sendAlone(pair: NetworkPair): Promise<Measured> {
  const { sent, seconds } = await send(pair.peer, 0);
  return { subject: "nobody", rate: 0, sentPerSecond: sent / seconds, cpuMicroseconds: 0, loss: 0, told: 0 };
}

async function measureSubject(pair: NetworkPair, kind: LiveSubjectKind): Promise<Measured[]> {
  await using folder = await tempFolder();
  await using subject = await kind.start(pair.edge, folder.path);
  const measured: Measured[] = [];
  await measureRate(pair, { kind, subject, rate: WARM_UP_RATE });
  for (const rate of RATES) measured.push(await measureRate(pair, { kind, subject, rate }));
  return measured;
}

async function measureRate(
  pair: NetworkPair,
  { kind, subject, rate }: { kind: LiveSubjectKind; subject: LiveSubject; rate: number },
): Promise<Measured> {
  const countedBefore = await subject.counted();
  const droppedBefore = await subject.dropped();
  const cpuBefore = cpuSeconds(subject.pid);
  const { sent, seconds } = await send(pair.peer, rate);
  const counted = (await settledCount(subject, countedBefore + sent, kind.settleMs)) - countedBefore;
  const cpu = cpuSeconds(subject.pid) - cpuBefore;
  const told = (await subject.dropped()) - droppedBefore;
  return {
    subject: kind.name,
    rate,
    sentPerSecond: sent / seconds,
    cpuMicroseconds: (cpu / counted) * 1e6,
    loss: Math.max(0, 1 - counted / sent),
    told: told / sent,
  };
}

async function send(from: Namespace, rate: number): Promise<{ sent: number; seconds: number }> {
  await using traffic = await Traffic.start(from, { rate, hosts: HOSTS, size: 60 });
  await sleep(SEND_MS);
  return traffic.stop();
}

function report(measured: readonly Measured[]): Report {
  const of = (subject: string, rate: number, pick: (one: Measured) => number): number =>
    median(measured.filter((one) => one.subject === subject && one.rate === rate).map(pick));
  const cpu = (subject: string, rate: number): number => of(subject, rate, (one) => one.cpuMicroseconds);
  const [ours = "", ...peers] = SUBJECTS.map(({ name }) => name);
  const rows = RATES.flatMap((rate) =>
    [ours, ...peers].map((subject) => [
      rate === 0 ? "top speed" : whole(rate),
      subject,
      whole(of(subject, rate, (one) => one.sentPerSecond)),
      fixed(cpu(subject, rate)),
      ratio(cpu(subject, rate) / cpu(ours, rate)),
      percent(of(subject, rate, (one) => one.loss)),
      percent(of(subject, rate, (one) => one.told)),
    ]),
  );
  const alone = [
    "top speed",
    "nobody captures",
    whole(of("nobody", 0, (one) => one.sentPerSecond)),
    "-",
    "-",
    "-",
    "-",
  ];
  const table = {
    title: `Live capture of 64-byte packets to ${HOSTS} hosts`,
    columns: ["rate asked", "subject", "sent/s", "CPU us/packet", "CPU, us = 1", "lost", "of that told"],
    rows: [...rows, alone],
  };
  return { tables: [table], targets: targets(measured, ours, peers), notes: NOTES };
}

const NOTES = [
  "CPU: user and system time of all processes and threads of the subject, from the first packet until its count is complete, over the packets counted; the agent includes closing and committing 5 s windows",
  "what the kernel does in softirq to hand packets over is charged to the sender, and shows as its lower top speed",
  "lost: sent less counted, where counted is the ledger's sum of frames (agent), packets captured (tcpdump), the sum of what is printed (pmacctd, whose core keeps up to a buffer of 600 packets back until more come)",
];

function targets(measured: readonly Measured[], ours: string, peers: readonly string[]) {
  const lossless = RATES.filter((rate) => rate > 0).filter((rate) =>
    measured.every((one) => one.subject !== ours || one.rate !== rate || one.loss <= 0),
  );
  const atTop = (subject: string, pick: (one: Measured) => number): number =>
    median(measured.filter((one) => one.subject === subject && one.rate === 0).map(pick));
  const top = lossless.at(-1) ?? 0;
  const cheaper = peers.map((peer) => ({
    what: `CPU per packet at top speed next to ${peer}`,
    target: "at most 1.00x",
    measured: ratio(atTop(ours, (one) => one.cpuMicroseconds) / atTop(peer, (one) => one.cpuMicroseconds)),
    met: atTop(ours, (one) => one.cpuMicroseconds) <= atTop(peer, (one) => one.cpuMicroseconds),
  }));
  const loss = {
    what: "highest rate without loss in any round",
    target: "every rate asked",
    measured: `${whole(top)} packets/s`,
    met: lossless.length === RATES.length - 1,
  };
  return [loss, ...cheaper];
}
