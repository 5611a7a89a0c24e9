// How long the status page takes and how long the agent's event loop stands still meanwhile, while many addresses are
// counted: with nobody else there, and with a hundred clients that are as slow as the server lets them be.

import { setTimeout as sleep } from "node:timers/promises";
import { NetworkPair } from "../test/support/netns.ts";
import { SlowClients } from "../test/support/slow-clients.ts";
import { tempFolder } from "../test/support/temp-folder.ts";
import { Traffic } from "../test/support/traffic.ts";
import { AgentProcess, type Backend, wantedBackends } from "./support/agent-process.ts";
import { answer } from "./support/answer.ts";
import type { BenchmarkOptions, Report, Table, Target } from "./support/benchmark.ts";
import { IdleProcess } from "./support/idle-process.ts";
import { LeftOut } from "./support/left-out.ts";
import { StallWatch } from "./support/stall-watch.ts";
import { fixed, median, quantile, whole } from "./support/statistics.ts";

const HOSTS = [10_000, 65_536];
const RATE = 40_000;
const SLOW_CLIENTS = [0, 100];
const PATHS = ["/", "/networks/bench", "/customers/bench", "/api/usage"];
const ROUND_MS = 21_000;
/** Equal questions within a second are answered once: so none of these is. */
const PAUSE_MS = 300;
const WINDOW_S = 5;
const TARGET_PAGE_MS = 200;
const TARGET_STALL_MS = 50;

interface Case {
  readonly backend: Backend;
  readonly hosts: number;
  readonly slow: number;
}

interface Round extends Case {
  readonly milliseconds: ReadonlyMap<string, readonly number[]>;
  readonly bytes: ReadonlyMap<string, number>;
  readonly stallMs: number;
  /** Of a process that does nothing meanwhile. */
  readonly idleStallMs: number;
  readonly windows: number;
}

export async function statusPage({ rounds, subjects, progress }: BenchmarkOptions): Promise<Report> {
  const leftOut = new LeftOut();
  const done: Round[] = [];
  const cases = wantedBackends(subjects).flatMap((backend) => HOSTS.map((hosts) => ({ backend, hosts })));
  for (let round = 1; round <= rounds; round++) {
    for (const { backend, hosts } of cases.filter((one) => !leftOut.has(one.backend))) {
      progress(`status-page: round ${round} of ${rounds}, ${backend}, ${hosts} addresses`);
      done.push(...(await measureAgent({ backend, hosts, leftOut })));
    }
  }
  return report(done, leftOut.notes);
}

async function measureAgent(one: { backend: Backend; hosts: number; leftOut: LeftOut }): Promise<readonly Round[]> {
  const { backend, hosts, leftOut } = one;
  await using pair = await NetworkPair.create({ prefix: "acctbench", offloads: false });
  await using folder = await tempFolder();
  const settings = {
    backend,
    folder: folder.path,
    prefixes: ["10.0.0.0/16"],
    window: `${WINDOW_S}s`,
    exposeAddresses: true,
  };
  await using agent = await leftOut.start(backend, () => AgentProcess.start(pair.edge, settings));
  if (!agent) return [];
  await using _traffic = await Traffic.start(pair.peer, { hosts, rate: RATE, size: 60 });
  await sleep(2 * WINDOW_S * 1000);
  for (const path of PATHS) await answer(agent.socketPath, path);
  const rounds: Round[] = [];
  for (const slow of SLOW_CLIENTS) rounds.push(await measureRound(agent, { backend, hosts, slow }));
  return rounds;
}

async function measureRound(agent: AgentProcess, one: Case): Promise<Round> {
  using _clients = new SlowClients(agent.socketPath, { count: one.slow, paths: PATHS });
  await using idle = await IdleProcess.start();
  await idle.longestStallMs();
  const stalls = new StallWatch(agent.socketPath);
  const before = agent.totals().windows;
  const milliseconds = new Map(PATHS.map((path) => [path, [] as number[]]));
  const bytes = new Map<string, number>();
  const endMs = performance.now() + ROUND_MS;
  for (let asked = 0; performance.now() < endMs; asked++) {
    const path = PATHS[asked % PATHS.length] ?? "/";
    const { body, milliseconds: took } = await answer(agent.socketPath, path);
    milliseconds.get(path)?.push(took);
    bytes.set(path, Buffer.byteLength(body));
    await sleep(PAUSE_MS);
  }
  const stallMs = await stalls.stop();
  const windows = agent.totals().windows - before;
  return { ...one, milliseconds, bytes, stallMs, idleStallMs: await idle.longestStallMs(), windows };
}

function report(rounds: readonly Round[], leftOut: readonly string[]): Report {
  const backends = [...new Set(rounds.map(({ backend }) => backend))];
  const cases = backends.flatMap((backend) => HOSTS.map((hosts) => ({ backend, hosts })));
  return {
    tables: cases.map((one) =>
      table(
        rounds.filter((round) => isOf(round, one)),
        one,
      ),
    ),
    targets: cases.flatMap((one) =>
      targets(
        rounds.filter((round) => isOf(round, one)),
        one,
      ),
    ),
    notes: [
      ...leftOut,
      `windows of ${WINDOW_S} s, ${whole(RATE)} packets/s; each request has a connection of its own`,
      "half of the slow clients never finish their request, the others do not read what they asked for",
    ],
  };
}

type Group = Pick<Case, "backend" | "hosts">;

function isOf(round: Round, { backend, hosts }: Group): boolean {
  return round.backend === backend && round.hosts === hosts;
}

function table(rounds: readonly Round[], { backend, hosts }: Group): Table {
  return {
    title: `${backend}: answers with ${whole(hosts)} addresses, in ms`,
    columns: ["path", "slow clients", "requests", "KiB", "median", "p99", "longest"],
    rows: SLOW_CLIENTS.flatMap((slow) =>
      PATHS.map((path) => {
        const each = rounds.filter((round) => round.slow === slow);
        const all = timesOf(each, path);
        const bytes = median(each.map((round) => round.bytes.get(path) ?? 0));
        return [
          path,
          whole(slow),
          whole(all.length),
          whole(bytes / 1024),
          fixed(median(all)),
          fixed(quantile(all, 0.99)),
          fixed(Math.max(...all)),
        ];
      }),
    ),
  };
}

function targets(rounds: readonly Round[], { backend, hosts }: Group): readonly Target[] {
  return SLOW_CLIENTS.flatMap((slow) => {
    const each = rounds.filter((round) => round.slow === slow);
    const name = `${backend}, ${whole(hosts)} addresses, ${slow} slow clients`;
    const page = quantile(timesOf(each, "/"), 0.99);
    const stall = Math.max(...each.map(({ stallMs }) => stallMs));
    const idle = Math.max(...each.map(({ idleStallMs }) => idleStallMs));
    const least = Math.min(...each.map(({ windows }) => windows));
    const due = Math.floor(ROUND_MS / 1000 / WINDOW_S);
    return [
      {
        what: `${name}: the page, p99`,
        target: `under ${TARGET_PAGE_MS} ms`,
        measured: `${fixed(page, 1)} ms`,
        met: page < TARGET_PAGE_MS,
      },
      {
        what: `${name}: longest stall of the agent's event loop`,
        target: `under ${TARGET_STALL_MS} ms, or no longer than of an idle process`,
        measured: `${fixed(stall, 1)} ms; of an idle process meanwhile ${fixed(idle, 1)} ms`,
        met: stall < TARGET_STALL_MS || stall <= idle,
      },
      {
        what: `${name}: windows committed, least of the rounds`,
        target: `at least ${due}`,
        measured: String(least),
        met: least >= due,
      },
    ];
  });
}

function timesOf(rounds: readonly Round[], path: string): readonly number[] {
  return rounds.flatMap(({ milliseconds }) => milliseconds.get(path) ?? []);
}
