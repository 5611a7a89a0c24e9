// The tables of the memory benchmark: peaks of memory by backend, and what CPU and stalls a window takes.

import type { Backend } from "./agent-process.ts";
import type { Report, Table, Target } from "./benchmark.ts";
import type { Memory } from "./processes.ts";
import { fixed, mebibytes, whole } from "./statistics.ts";

interface MemoryTarget {
  readonly field: "rss" | "pss";
  readonly bytes: number;
}

/** For ebpf the design's 150 MB; pcap needs a second process, with which it shares Node's pages. */
const TARGETS: Readonly<Record<Backend, MemoryTarget>> = {
  pcap: { field: "pss", bytes: 200 * 2 ** 20 },
  ebpf: { field: "rss", bytes: 150e6 },
};
const TARGET_CPU_MS = 1_000;
const TARGET_STALL_MS = 50;
const NONE: Memory = { rss: 0, pss: 0, own: 0 };

export interface Sample {
  /** In the ledger. */
  readonly windows: number;
  /** The agent, then those it started. */
  readonly processes: readonly Memory[];
  /** Of each process. */
  readonly cpuSeconds: readonly number[];
  readonly mapBytes: number;
}

export interface Phase {
  readonly samples: readonly Sample[];
  readonly longestStallMs: number;
  /** Of a process that does nothing, meanwhile. */
  readonly otherStallMs: number;
}

export interface MemoryRun {
  readonly backend: Backend;
  readonly idle: Phase;
  readonly busy: Phase;
  readonly sent: number;
  readonly pushed: number;
}

interface Setting {
  readonly hosts: number;
  readonly windowSeconds: number;
  readonly leftOut: readonly string[];
}

export function memoryReport(runs: readonly MemoryRun[], { hosts, windowSeconds, leftOut }: Setting): Report {
  const memory = {
    title: `Peak memory with ${whole(hosts)} addresses in each ${windowSeconds} s window, MiB`,
    columns: ["backend, when and what", "RSS", "PSS", "private", "BPF maps"],
    rows: runs.flatMap(memoryRows),
  };
  return {
    tables: [memory, windowTable(runs, windowSeconds)],
    targets: runs.flatMap(targets),
    notes: [...leftOut, ...runs.map(summary), ...NOTES],
  };
}

const NOTES = [
  "RSS counts the pages that several Node processes share in each; PSS shares them out, also with other Node processes on the machine; BPF maps are the kernel's, in no process, by their memlock",
  "CPU of the agent's own process in a later window: harvest (ebpf) or what the capture child hands over (pcap), commit, encoding, pushing, and idling, which is also by itself; the capture child's depends on the packets, the BPF program's is charged to the sender",
  "stall: by the agent's own histogram of its event loop, in steps of 10 ms",
];

function summary({ backend, sent, pushed, busy }: MemoryRun): string {
  return `${backend}: ${whole(sent)} packets sent, ${whole(pushed)} requests pushed, ${busy.samples.length} samples; a peak is the highest sum at one moment`;
}

/** In the first full window everything is new. */
function split({ idle, busy }: MemoryRun): { first: readonly Sample[]; later: readonly Sample[] } {
  const firstFull = (idle.samples.at(-1)?.windows ?? 0) + 1;
  return {
    first: busy.samples.filter(({ windows }) => windows <= firstFull),
    later: busy.samples.filter(({ windows }) => windows > firstFull),
  };
}

function memoryRows(run: MemoryRun): string[][] {
  const { first, later } = split(run);
  const row = (what: string, samples: readonly Sample[], pick: (sample: Sample) => Memory): string[] => {
    const peakOf = (field: keyof Memory): string =>
      mebibytes(Math.max(0, ...samples.map((sample) => pick(sample)[field])));
    const maps = pick === totalOf ? mebibytes(Math.max(0, ...samples.map(({ mapBytes }) => mapBytes))) : "-";
    return [`${run.backend}, ${what}`, peakOf("rss"), peakOf("pss"), peakOf("own"), maps];
  };
  const rows = [
    row("idle, all processes", run.idle.samples, totalOf),
    row("to the first full window, all processes", first, totalOf),
    row("later windows, all processes", later, totalOf),
  ];
  if (!later.some(({ processes }) => processes.length > 1)) return rows;
  return [
    ...rows,
    row("later windows, agent", later, ({ processes }) => processes[0] ?? NONE),
    row("later windows, capture child", later, ({ processes }) => processes[1] ?? NONE),
  ];
}

function totalOf({ processes }: Sample): Memory {
  return processes.reduce(
    (sum, one) => ({ rss: sum.rss + one.rss, pss: sum.pss + one.pss, own: sum.own + one.own }),
    NONE,
  );
}

function windowTable(runs: readonly MemoryRun[], windowSeconds: number): Table {
  return {
    title: `What each of those windows of ${windowSeconds} s takes, ms`,
    columns: ["backend", "agent CPU", "of it idle", "capture child CPU", "longest stall", "of an idle process"],
    rows: runs.map((run) => [
      run.backend,
      fixed(busyCpuMs(run, 0), 0),
      fixed(idleCpuMs(run), 0),
      fixed(busyCpuMs(run, 1), 0),
      fixed(run.busy.longestStallMs, 1),
      fixed(run.busy.otherStallMs, 1),
    ]),
  };
}

/** From the moment when one later window is in the ledger until another one is: whole windows, whatever the phase. */
function busyCpuMs(run: MemoryRun, process: number): number {
  const { later } = split(run);
  const [begin] = later;
  const end = later.find(({ windows }) => windows === later.at(-1)?.windows);
  if (!begin || !end) return Number.NaN;
  return (cpuMs(end, process) - cpuMs(begin, process)) / (end.windows - begin.windows);
}

/** The idle phase lasts one window. */
function idleCpuMs({ idle }: MemoryRun): number {
  const [begin] = idle.samples;
  const end = idle.samples.at(-1);
  return begin && end ? cpuMs(end, 0) - cpuMs(begin, 0) : Number.NaN;
}

function cpuMs({ cpuSeconds }: Sample, process: number): number {
  return (cpuSeconds[process] ?? Number.NaN) * 1000;
}

function targets(run: MemoryRun): readonly Target[] {
  const { backend, busy } = run;
  const { field, bytes: limit } = TARGETS[backend];
  const peak = (name: keyof Memory): number => Math.max(...busy.samples.map((sample) => totalOf(sample)[name]));
  const cpu = busyCpuMs(run, 0) - idleCpuMs(run);
  const allowedStallMs = Math.max(TARGET_STALL_MS, busy.otherStallMs);
  return [
    {
      what: `${backend}: peak of all processes, ${field.toUpperCase()}`,
      target: `under ${mebibytes(limit)} MiB`,
      measured: `${mebibytes(peak(field))} MiB (RSS ${mebibytes(peak("rss"))}, PSS ${mebibytes(peak("pss"))} MiB)`,
      met: peak(field) < limit,
    },
    {
      what: `${backend}: CPU of the agent for a later window, idling aside`,
      target: `under ${TARGET_CPU_MS} ms`,
      measured: `${fixed(cpu, 0)} ms`,
      met: cpu < TARGET_CPU_MS,
    },
    {
      what: `${backend}: longest stall of the agent's event loop`,
      target: `under ${TARGET_STALL_MS} ms, or no longer than of an idle process`,
      measured: `${fixed(busy.longestStallMs, 1)} ms; of an idle process meanwhile ${fixed(busy.otherStallMs, 1)} ms`,
      met: busy.longestStallMs <= allowedStallMs,
    },
  ];
}
