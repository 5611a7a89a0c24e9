// Whether the agent answers, commits and pushes while as many packets come as can: latency over the unix socket, with
// 64-byte packets sent as fast as possible, next to that of a server that has nothing else to do.

import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Namespace, NetworkPair } from "../test/support/netns.ts";
import { tempFolder } from "../test/support/temp-folder.ts";
import { Traffic } from "../test/support/traffic.ts";
import { AgentProcess, type Backend, wantedBackends } from "./support/agent-process.ts";
import { answer } from "./support/answer.ts";
import type { BenchmarkOptions, Report, Table, Target } from "./support/benchmark.ts";
import { nodeCommand, ROOT } from "./support/built.ts";
import { ChildOutput, endProcess } from "./support/child-output.ts";
import { LeftOut } from "./support/left-out.ts";
import { ReceiverProcess } from "./support/receiver-process.ts";
import { fixed, median, quantile, whole } from "./support/statistics.ts";

/** Two window ends fall into it. */
const LOAD_MS = 10_500;
const PAUSE_MS = 20;
/** Addresses that are active in each window. */
const HOSTS = [254, 65_536];
const TARGET_MS = 100;
const IDLE = "idle HTTP server";

interface Latencies {
  readonly subject: string;
  readonly milliseconds: readonly number[];
}

interface Round {
  readonly backend: Backend;
  readonly hosts: number;
  readonly latencies: readonly Latencies[];
  readonly windows: number;
  readonly requests: number;
  readonly sentPerSecond: number;
}

export async function responsive({ rounds, subjects, progress }: BenchmarkOptions): Promise<Report> {
  const leftOut = new LeftOut();
  const done: Round[] = [];
  const cases = wantedBackends(subjects).flatMap((backend) => HOSTS.map((hosts) => ({ backend, hosts })));
  for (let round = 1; round <= rounds; round++) {
    for (const { backend, hosts } of cases.filter((one) => !leftOut.has(one.backend))) {
      progress(`responsive: round ${round} of ${rounds}, ${backend}, ${hosts} hosts`);
      const measured = await measureRound({ backend, hosts, leftOut });
      if (measured) done.push(measured);
    }
  }
  return report(done, leftOut.notes);
}

/** On a pair of its own: a program that the agent attached to the interface goes with it. */
async function measureRound(one: { backend: Backend; hosts: number; leftOut: LeftOut }): Promise<Round | null> {
  const { backend, hosts, leftOut } = one;
  await using pair = await NetworkPair.create({ prefix: "acctbench", offloads: false });
  await using folder = await tempFolder();
  await using receiver = await ReceiverProcess.start(pair.edge);
  const settings = { backend, folder: folder.path, prefixes: ["10.0.0.0/16"], window: "5s", remoteWrite: receiver.url };
  await using agent = await leftOut.start(backend, () => AgentProcess.start(pair.edge, settings));
  if (!agent) return null;
  await using idle = await startIdleServer(pair.edge, folder.path);
  const subjects = [
    { subject: "agent /api/status", socketPath: agent.socketPath, path: "/api/status" },
    { subject: "agent /healthz", socketPath: agent.socketPath, path: "/healthz" },
    { subject: IDLE, socketPath: idle.socketPath, path: "/" },
  ];
  for (const { socketPath, path } of subjects) await answer(socketPath, path);
  await using traffic = await Traffic.start(pair.peer, { hosts, size: 60 });
  await sleep(500);
  const before = { windows: agent.totals().windows, requests: await receiver.requests() };
  const latencies = await ask(subjects);
  const during = { windows: agent.totals().windows, requests: await receiver.requests() };
  const { sent, seconds } = await traffic.stop();
  return {
    backend,
    hosts,
    latencies,
    windows: during.windows - before.windows,
    requests: during.requests - before.requests,
    sentPerSecond: sent / seconds,
  };
}

async function startIdleServer(edge: Namespace, folder: string) {
  const socketPath = join(folder, "idle.sock");
  const child = edge.spawn(...nodeCommand(new URL("./support/idle-server.ts", import.meta.url), [socketPath]), {
    cwd: ROOT,
    stdio: "pipe",
  });
  await new ChildOutput(child).match(/listening/);
  return { socketPath, [Symbol.asyncDispose]: () => endProcess(child, "SIGTERM") };
}

async function ask(
  subjects: readonly { subject: string; socketPath: string; path: string }[],
): Promise<readonly Latencies[]> {
  const latencies = subjects.map(({ subject }) => ({ subject, milliseconds: [] as number[] }));
  const endMs = performance.now() + LOAD_MS;
  while (performance.now() < endMs) {
    for (const [index, { socketPath, path }] of subjects.entries()) {
      latencies[index]?.milliseconds.push((await answer(socketPath, path)).milliseconds);
      await sleep(PAUSE_MS);
    }
  }
  return latencies;
}

function report(rounds: readonly Round[], leftOut: readonly string[]): Report {
  const backends = [...new Set(rounds.map(({ backend }) => backend))];
  const of = (backend: Backend): readonly Round[] => rounds.filter((round) => round.backend === backend);
  return {
    tables: HOSTS.flatMap((hosts) =>
      backends.map((backend) =>
        table(
          of(backend).filter((round) => round.hosts === hosts),
          { backend, hosts },
        ),
      ),
    ),
    targets: backends.flatMap((backend) => targets(of(backend), backend)),
    notes: [...leftOut, "each request has a connection of its own; median and p99 are medians of the rounds"],
  };
}

function targets(rounds: readonly Round[], backend: Backend): readonly Target[] {
  const slowest = longest(rounds, (subject) => subject.startsWith("agent"));
  const idle = longest(rounds, (subject) => subject === IDLE);
  const leastWindows = Math.min(...rounds.map(({ windows }) => windows));
  const leastRequests = Math.min(...rounds.map(({ requests }) => requests));
  return [
    {
      what: `${backend}: slowest answer while packets come as fast as they can`,
      target: `under ${TARGET_MS} ms`,
      measured: `${fixed(slowest, 1)} ms; an idle server's ${fixed(idle, 1)} ms`,
      met: slowest < TARGET_MS,
    },
    {
      what: `${backend}: windows committed and requests pushed meanwhile, least of the rounds`,
      target: "at least 1 and 1",
      measured: `${leastWindows} and ${leastRequests}`,
      met: leastWindows >= 1 && leastRequests >= 1,
    },
  ];
}

function table(rounds: readonly Round[], { backend, hosts }: { backend: Backend; hosts: number }): Table {
  const names = rounds[0]?.latencies.map(({ subject }) => subject) ?? [];
  const rate = whole(median(rounds.map(({ sentPerSecond }) => sentPerSecond)));
  return {
    title: `${backend}: answers under ${rate} packets/s to ${whole(hosts)} hosts, in ms`,
    columns: ["subject", "requests", "median", "p99", "longest"],
    rows: names.map((subject) => {
      const each = rounds.flatMap(({ latencies }) => latencies.filter((one) => one.subject === subject));
      return [
        subject,
        whole(each.reduce((sum, { milliseconds }) => sum + milliseconds.length, 0)),
        fixed(median(each.map(({ milliseconds }) => median(milliseconds)))),
        fixed(median(each.map(({ milliseconds }) => quantile(milliseconds, 0.99)))),
        fixed(longest(rounds, (name) => name === subject)),
      ];
    }),
  };
}

function longest(rounds: readonly Round[], isWanted: (subject: string) => boolean): number {
  const wanted = rounds.flatMap(({ latencies }) => latencies.filter(({ subject }) => isWanted(subject)));
  return Math.max(...wanted.flatMap(({ milliseconds }) => milliseconds));
}
