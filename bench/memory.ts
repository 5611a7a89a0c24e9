// Memory of a running agent, all its processes, with 65,536 addresses active in each window of live traffic: the first
// window, in which every address is new, and the ones after it. And what CPU and stalls those windows take of it.

import { setTimeout as sleep } from "node:timers/promises";
import { NetworkPair } from "../test/support/netns.ts";
import { tempFolder } from "../test/support/temp-folder.ts";
import { Traffic } from "../test/support/traffic.ts";
import { AgentProcess, type Backend, wantedBackends } from "./support/agent-process.ts";
import type { BenchmarkOptions, Report } from "./support/benchmark.ts";
import { IdleProcess } from "./support/idle-process.ts";
import { LeftOut } from "./support/left-out.ts";
import { type MemoryRun, memoryReport, type Phase, type Sample } from "./support/memory-report.ts";
import { bpfMapBytes, cpuSecondsOf, memoryOf, processTree } from "./support/processes.ts";
import { ReceiverProcess } from "./support/receiver-process.ts";
import { StallWatch } from "./support/stall-watch.ts";

const HOSTS = 65_536;
const RATE = 50_000;
const WINDOW_S = 10;
const WINDOWS = 4;
const SAMPLE_MS = 100;

/** Runs once for each backend: the peak over several windows is what counts. */
export async function memory({ subjects, progress }: BenchmarkOptions): Promise<Report> {
  const leftOut = new LeftOut();
  const runs: MemoryRun[] = [];
  for (const backend of wantedBackends(subjects)) {
    progress(`memory: ${backend}, ${WINDOWS} windows of ${WINDOW_S} s`);
    const run = await measure(backend, leftOut);
    if (run) runs.push(run);
  }
  return memoryReport(runs, { hosts: HOSTS, windowSeconds: WINDOW_S, leftOut: leftOut.notes });
}

async function measure(backend: Backend, leftOut: LeftOut): Promise<MemoryRun | null> {
  await using pair = await NetworkPair.create({ prefix: "acctbench", offloads: false });
  await using folder = await tempFolder();
  await using receiver = await ReceiverProcess.start(pair.edge);
  const settings = {
    backend,
    folder: folder.path,
    prefixes: ["10.0.0.0/16"],
    window: `${WINDOW_S}s`,
    remoteWrite: receiver.url,
  };
  await using agent = await leftOut.start(backend, () => AgentProcess.start(pair.edge, settings));
  if (!agent) return null;
  await sleep(1_000);
  await using other = await IdleProcess.start();
  const idle = await watch(agent, other, 1);
  await using traffic = await Traffic.start(pair.peer, { hosts: HOSTS, rate: RATE, size: 60 });
  const busy = await watch(agent, other, WINDOWS + 1);
  const { sent } = await traffic.stop();
  return { backend, idle, busy, sent, pushed: await receiver.requests() };
}

async function watch(agent: AgentProcess, other: IdleProcess, windows: number): Promise<Phase> {
  await other.longestStallMs();
  const stalls = new StallWatch(agent.socketPath);
  const samples: Sample[] = [];
  const endMs = performance.now() + windows * WINDOW_S * 1000;
  while (performance.now() < endMs) {
    samples.push(takeSample(agent));
    await sleep(SAMPLE_MS);
  }
  return { samples, longestStallMs: await stalls.stop(), otherStallMs: await other.longestStallMs() };
}

function takeSample(agent: AgentProcess): Sample {
  const processes = processTree(agent.pid);
  return {
    windows: agent.totals().windows,
    processes: processes.map(memoryOf),
    cpuSeconds: processes.map(cpuSecondsOf),
    mapBytes: bpfMapBytes(processes),
  };
}
