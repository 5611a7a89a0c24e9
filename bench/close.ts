// Closing a window in which every known address is active, through the ledger's thread: accounting, the commit (on disk),
// encoding and compression. The first window, in which all series start, is apart from the ones after it.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { tempFolder } from "../test/support/temp-folder.ts";
import type { BenchmarkOptions, Report } from "./support/benchmark.ts";
import { nodeCommand, ROOT } from "./support/built.ts";
import type { DeliveredWindow } from "./support/close-result.ts";
import { EventLoopWatch, type Stalls } from "./support/event-loop.ts";
import { fixed, mebibytes, median, whole } from "./support/statistics.ts";

const ADDRESSES = [1_000, 10_000, 65_536];
const TIMEOUT_MS = 60_000;
const TARGET_CPU_MS = 1_000;
const TARGET_STALL_MS = 50;

interface Run {
  /** The longest stall of this process meanwhile, which does nothing: what the machine alone makes. */
  readonly idleStallMs: number;
  readonly addresses: number;
  readonly first: DeliveredWindow;
  readonly later: readonly DeliveredWindow[];
}

export async function close({ rounds, progress }: BenchmarkOptions): Promise<Report> {
  const runs: Run[] = [];
  for (let round = 1; round <= rounds; round++) {
    for (const addresses of ADDRESSES) {
      progress(`close: round ${round} of ${rounds}, ${addresses} addresses`);
      runs.push(await measure(addresses));
    }
  }
  return report(runs);
}

async function measure(addresses: number): Promise<Run> {
  await using folder = await tempFolder();
  const command = nodeCommand(new URL("./support/close-worker.ts", import.meta.url), [folder.path, String(addresses)]);
  const watch = new EventLoopWatch();
  const { stdout } = await promisify(execFile)(...command, { cwd: ROOT, timeout: TIMEOUT_MS });
  const idleStallMs = longestStall(watch.stop());
  const [first, ...later]: DeliveredWindow[] = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  if (!first) throw new Error("no window was closed");
  return { addresses, first, later, idleStallMs };
}

function report(runs: readonly Run[]): Report {
  const firsts = (addresses: number) => runs.filter((run) => run.addresses === addresses).map(({ first }) => first);
  const laters = (addresses: number) => runs.filter((run) => run.addresses === addresses).flatMap(({ later }) => later);
  const rows = ADDRESSES.flatMap((addresses) => [
    row(`${whole(addresses)}, first`, firsts(addresses)),
    row(`${whole(addresses)}, later`, laters(addresses)),
  ]);
  const largest = Math.max(...ADDRESSES);
  const steadyCpu = median(laters(largest).map(({ cpuMs }) => cpuMs));
  const firstCpu = median(firsts(largest).map(({ cpuMs }) => cpuMs));
  const stall = Math.max(...runs.flatMap(({ first, later }) => [first, ...later].map(longestStall)));
  const idle = Math.max(...runs.map(({ idleStallMs }) => idleStallMs));
  return {
    tables: [
      {
        title: "Closing a window, by addresses active in it",
        columns: [
          "addresses",
          "CPU ms",
          "wall ms",
          "us/address",
          "samples",
          "requests",
          "bytes/sample",
          "ledger MiB",
          "deliver CPU ms",
          "stall ms, median",
          "stall ms, max",
        ],
        rows,
      },
    ],
    targets: [
      {
        what: `CPU to close a later window of ${whole(largest)} addresses`,
        target: `under ${TARGET_CPU_MS} ms`,
        measured: `${fixed(steadyCpu, 0)} ms (first window ${fixed(firstCpu, 0)} ms)`,
        met: steadyCpu < TARGET_CPU_MS,
      },
      {
        what: "longest stall of the main thread, all windows",
        target: `under ${TARGET_STALL_MS} ms, or no longer than of an idle process`,
        measured: `${fixed(stall, 1)} ms; of an idle process meanwhile ${fixed(idle, 1)} ms`,
        met: stall < TARGET_STALL_MS || stall <= idle,
      },
    ],
    notes: [
      "CPU is that of the whole process, so it includes handing the window over to the ledger's thread",
      "deliver: reading the requests from the outbox and forgetting them, as a shipper does, 16 requests at a time",
      "ledger: what the file holds with the window's requests in it; the write-ahead log comes on top",
    ],
  };
}

function row(name: string, windows: readonly DeliveredWindow[]): string[] {
  const of = (pick: (window: DeliveredWindow) => number): number => median(windows.map(pick));
  return [
    name,
    fixed(
      of(({ cpuMs }) => cpuMs),
      1,
    ),
    fixed(
      of(({ wallMs }) => wallMs),
      1,
    ),
    fixed(
      of(({ cpuMs, rows }) => (cpuMs * 1000) / rows),
      1,
    ),
    whole(of(({ samples }) => samples)),
    whole(of(({ requests }) => requests)),
    fixed(of(({ bytes, samples }) => bytes / samples)),
    mebibytes(of(({ ledgerBytes }) => ledgerBytes)),
    fixed(
      of(({ deliverMs }) => deliverMs),
      1,
    ),
    fixed(of(longestStall), 1),
    fixed(Math.max(...windows.map(longestStall)), 1),
  ];
}

function longestStall({ histogramMs, ticksMs }: Stalls): number {
  return Math.max(histogramMs, ticksMs);
}
