// What counting costs the whole machine for each packet: what the kernel does for a counter in softirq, and what the
// counter's own processes do. On a veth pair the far end receives in softirq on the sender's core, so a sender that has
// nothing else to do gets slower by exactly that; the counter's processes have the other core.

import { setTimeout as sleep } from "node:timers/promises";
import { NetworkPair } from "../test/support/netns.ts";
import { tempFolder } from "../test/support/temp-folder.ts";
import { Traffic } from "../test/support/traffic.ts";
import type { BenchmarkOptions, Report } from "./support/benchmark.ts";
import { LeftOut } from "./support/left-out.ts";
import { type LiveSubject, settledCount } from "./support/live-subject.ts";
import { LIVE_SUBJECT_NAMES, LIVE_SUBJECTS, type LiveSubjectName } from "./support/live-subjects.ts";
import { type Measured, NOTHING, marginalReport } from "./support/marginal-report.ts";
import { type PinnedNamespace, pinnedSender, pinnedSubject, senderCore } from "./support/pinned-namespace.ts";
import { cpuSeconds, onCoreNs } from "./support/processes.ts";
import { receiveSoftirqs, shareElsewhere, softirqThreadNs } from "./support/softirq.ts";

const HOSTS = 254;
const WARM_UP_MS = 1_000;
const PAUSE_MS = 1_000;
/** With the second after it, during which CPU time still counts, one window of the agent: each round has one end of it. */
const SEND_MS = 4_000;
const TRAIL_MS = 1_000;
const ATTEMPTS = 3;
const LEAST_ON_CORE = 0.95;

type Subject = typeof NOTHING | LiveSubjectName;

/** Each round has every subject once, and begins with another one. */
export async function marginal({ rounds, subjects, progress }: BenchmarkOptions): Promise<Report> {
  const wanted = LIVE_SUBJECT_NAMES.filter((name) => subjects === null || subjects.includes(name));
  const all: readonly Subject[] = [NOTHING, ...wanted];
  const leftOut = new LeftOut();
  const measured: Measured[] = [];
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < all.length; turn++) {
      const subject = all[(round + turn) % all.length] ?? NOTHING;
      if (leftOut.has(subject)) continue;
      progress(`marginal: round ${round + 1} of ${rounds}, ${subject}`);
      const one = await measure(subject, round, leftOut);
      if (one) measured.push(one);
    }
  }
  return marginalReport(measured, leftOut.notes);
}

/** On a pair of its own: what a subject leaves attached to an interface goes with it. */
async function measure(name: Subject, round: number, leftOut: LeftOut): Promise<Measured | null> {
  await using pair = await NetworkPair.create({ prefix: "acctbench", offloads: false });
  await using sender = pinnedSender(pair);
  if (name === NOTHING) return { subject: name, round, ...(await load(sender, null)), counted: Number.NaN };
  await using edge = pinnedSubject(pair);
  await using folder = await tempFolder();
  const kind = LIVE_SUBJECTS[name];
  await using subject = await leftOut.start(name, () => kind.start(edge, folder.path));
  if (!subject) return null;
  const run = await load(sender, subject);
  const counted = await settledCount(subject, run.sentInAll, kind.settleMs);
  return { subject: name, round, ...run, counted };
}

/** Again where something else had the sender's core: that leaves cold caches, and a cost that is not the subject's. */
async function load(sender: PinnedNamespace, subject: LiveSubject | null) {
  let { sent: sentInAll } = await send(sender, WARM_UP_MS);
  for (let attempt = 1; ; attempt++) {
    await sleep(PAUSE_MS);
    const run = await loadOnce(sender, subject);
    sentInAll += run.sent;
    if (run.onCoreShare >= LEAST_ON_CORE || attempt === ATTEMPTS) return { ...run, sentInAll };
  }
}

async function loadOnce(sender: PinnedNamespace, subject: LiveSubject | null) {
  const cpu = (): number => (subject ? cpuSeconds(subject.pid) : 0);
  const softirqs = receiveSoftirqs();
  const cpuBefore = cpu();
  const run = await send(sender, SEND_MS);
  const elsewhere = shareElsewhere(softirqs, senderCore());
  await sleep(TRAIL_MS);
  return { ...run, cpuSeconds: cpu() - cpuBefore, elsewhere };
}

async function send(sender: PinnedNamespace, durationMs: number) {
  await using traffic = await Traffic.start(sender, { hosts: HOSTS, size: 60 });
  const onCore = (): number => onCoreNs(sender.lastPid) + softirqThreadNs(senderCore());
  const [onCoreBefore, startedMs] = [onCore(), performance.now()];
  await sleep(durationMs);
  const onCoreShare = (onCore() - onCoreBefore) / 1e6 / (performance.now() - startedMs);
  const { sent, seconds } = await traffic.stop();
  return { sent, seconds, onCoreShare };
}
