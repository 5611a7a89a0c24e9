// Whether the agent answers, commits and pushes while its capture child is saturated: latency over the unix socket, with
// 64-byte packets sent as fast as possible, next to that of a server that has nothing else to do.

import { once } from "node:events";
import { request } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Namespace, NetworkPair } from "../test/support/netns.ts";
import { tempFolder } from "../test/support/temp-folder.ts";
import { Traffic } from "../test/support/traffic.ts";
import { AgentProcess } from "./support/agent-process.ts";
import type { BenchmarkOptions, Report, Table } from "./support/benchmark.ts";
import { nodeCommand, ROOT } from "./support/built.ts";
import { ChildOutput, endProcess } from "./support/child-output.ts";
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
  readonly hosts: number;
  readonly latencies: readonly Latencies[];
  readonly windows: number;
  readonly requests: number;
  readonly sentPerSecond: number;
}

export async function responsive({ rounds, progress }: BenchmarkOptions): Promise<Report> {
  await using pair = await NetworkPair.create({ prefix: "acctbench", offloads: false });
  const done: Round[] = [];
  for (let round = 1; round <= rounds; round++) {
    for (const hosts of HOSTS) {
      progress(`responsive: round ${round} of ${rounds}, ${hosts} hosts`);
      done.push(await measureRound(pair, hosts));
    }
  }
  return report(done);
}

async function measureRound(pair: NetworkPair, hosts: number): Promise<Round> {
  await using folder = await tempFolder();
  await using receiver = await ReceiverProcess.start(pair.edge);
  const settings = { folder: folder.path, prefixes: ["10.0.0.0/16"], window: "5s", remoteWrite: receiver.url };
  await using agent = await AgentProcess.start(pair.edge, settings);
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
      latencies[index]?.milliseconds.push(await answer(socketPath, path));
      await sleep(PAUSE_MS);
    }
  }
  return latencies;
}

/** Milliseconds from connecting to the answer's end, on a connection of its own, as `acct-agent status` does it. */
async function answer(socketPath: string, path: string): Promise<number> {
  const startedMs = performance.now();
  const asked = request({ socketPath, path, agent: false });
  asked.end();
  const [response] = await once(asked, "response");
  response.resume();
  await once(response, "end");
  return performance.now() - startedMs;
}

function report(rounds: readonly Round[]): Report {
  const slowest = longest(rounds, (subject) => subject.startsWith("agent"));
  const leastWindows = Math.min(...rounds.map(({ windows }) => windows));
  const leastRequests = Math.min(...rounds.map(({ requests }) => requests));
  return {
    tables: HOSTS.map((hosts) =>
      table(
        rounds.filter((round) => round.hosts === hosts),
        hosts,
      ),
    ),
    targets: [
      {
        what: "slowest answer while capture is saturated",
        target: `under ${TARGET_MS} ms`,
        measured: `${fixed(slowest, 1)} ms; an idle server's ${fixed(
          longest(rounds, (subject) => subject === IDLE),
          1,
        )} ms`,
        met: slowest < TARGET_MS,
      },
      {
        what: "windows committed and requests pushed meanwhile, least of the rounds",
        target: "at least 1 and 1",
        measured: `${leastWindows} and ${leastRequests}`,
        met: leastWindows >= 1 && leastRequests >= 1,
      },
    ],
    notes: ["each request has a connection of its own; median and p99 are medians of the rounds"],
  };
}

function table(rounds: readonly Round[], hosts: number): Table {
  const names = rounds[0]?.latencies.map(({ subject }) => subject) ?? [];
  const rate = whole(median(rounds.map(({ sentPerSecond }) => sentPerSecond)));
  return {
    title: `Answers under ${rate} packets/s to ${whole(hosts)} hosts, in ms`,
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
