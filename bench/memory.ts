// Memory of a running agent, all its processes, with 65,536 addresses active in each window of live traffic: the first
// window, in which every address is new, and the ones after it.

import { setTimeout as sleep } from "node:timers/promises";
import { NetworkPair } from "../test/support/netns.ts";
import { tempFolder } from "../test/support/temp-folder.ts";
import { Traffic } from "../test/support/traffic.ts";
import { AgentProcess } from "./support/agent-process.ts";
import type { BenchmarkOptions, Report } from "./support/benchmark.ts";
import { type Memory, memoryOf, processTree } from "./support/processes.ts";
import { ReceiverProcess } from "./support/receiver-process.ts";
import { mebibytes, whole } from "./support/statistics.ts";

const HOSTS = 65_536;
const RATE = 50_000;
const WINDOW_S = 10;
const WINDOWS = 4;
const SAMPLE_MS = 100;
const TARGET_BYTES = 200 * 2 ** 20;
const NONE: Memory = { rss: 0, pss: 0, own: 0 };

interface Sample {
  readonly windows: number;
  readonly processes: readonly Memory[];
}

/** Runs once: the peak over several windows is what counts. */
export async function memory({ progress }: BenchmarkOptions): Promise<Report> {
  await using pair = await NetworkPair.create({ prefix: "acctbench", offloads: false });
  await using folder = await tempFolder();
  await using receiver = await ReceiverProcess.start(pair.edge);
  const settings = {
    folder: folder.path,
    prefixes: ["10.0.0.0/16"],
    window: `${WINDOW_S}s`,
    remoteWrite: receiver.url,
  };
  await using agent = await AgentProcess.start(pair.edge, settings);
  await sleep(1_000);
  const idle = takeSample(agent);
  progress(`memory: ${WINDOWS} windows of ${WINDOW_S} s`);
  await using traffic = await Traffic.start(pair.peer, { hosts: HOSTS, rate: RATE, size: 60 });
  const samples: Sample[] = [];
  const endMs = performance.now() + (WINDOWS + 1) * WINDOW_S * 1000;
  while (performance.now() < endMs) {
    samples.push(takeSample(agent));
    await sleep(SAMPLE_MS);
  }
  const { sent } = await traffic.stop();
  return report({ idle, samples, sent, pushed: await receiver.requests() });
}

function takeSample(agent: AgentProcess): Sample {
  return { windows: agent.totals().windows, processes: processTree(agent.pid).map(memoryOf) };
}

function report(run: { idle: Sample; samples: readonly Sample[]; sent: number; pushed: number }): Report {
  const { idle, samples, sent, pushed } = run;
  const steady = samples.filter(({ windows }) => windows > idle.windows + 1);
  const first = samples.filter(({ windows }) => windows <= idle.windows + 1);
  const rows = [
    row("idle, all processes", [idle], totalOf),
    row("to the first full window, all processes", first, totalOf),
    row("later windows, all processes", steady, totalOf),
    row("later windows, agent", steady, ({ processes }) => processes[0] ?? NONE),
    row("later windows, capture child", steady, ({ processes }) => processes[1] ?? NONE),
  ];
  const peak = Math.max(...samples.map((sample) => totalOf(sample).pss));
  const peakRss = Math.max(...samples.map((sample) => totalOf(sample).rss));
  return {
    tables: [
      {
        title: `Peak memory with ${whole(HOSTS)} addresses in each ${WINDOW_S} s window, MiB`,
        columns: ["when and what", "RSS", "PSS", "private"],
        rows,
      },
    ],
    targets: [
      {
        what: "peak of all processes, PSS",
        target: `under ${mebibytes(TARGET_BYTES)} MiB`,
        measured: `${mebibytes(peak)} MiB (RSS ${mebibytes(peakRss)} MiB)`,
        met: peak < TARGET_BYTES,
      },
    ],
    notes: [
      `${whole(sent)} packets sent, ${whole(pushed)} requests pushed, ${samples.length} samples; a peak is the highest sum at one moment`,
      "RSS counts the pages that both Node processes share twice; PSS shares them out, also with other Node processes on the machine",
    ],
  };
}

function row(name: string, samples: readonly Sample[], pick: (sample: Sample) => Memory): string[] {
  const peakOf = (field: keyof Memory): string =>
    mebibytes(Math.max(0, ...samples.map((sample) => pick(sample)[field])));
  return [name, peakOf("rss"), peakOf("pss"), peakOf("own")];
}

function totalOf({ processes }: Sample): Memory {
  return processes.reduce(
    (sum, one) => ({ rss: sum.rss + one.rss, pss: sum.pss + one.pss, own: sum.own + one.own }),
    NONE,
  );
}
