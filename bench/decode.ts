// Decoding and metering alone, without a capture library: packets a second of one core, for each kind of packet.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { BenchmarkOptions, Report } from "./support/benchmark.ts";
import { nodeCommand, ROOT } from "./support/built.ts";
import { fixed, median, whole } from "./support/statistics.ts";

const TIMEOUT_MS = 120_000;
const TARGET_PER_SECOND = 5e6;

export async function decode({ rounds, progress }: BenchmarkOptions): Promise<Report> {
  progress(`decode: ${rounds} rounds`);
  const { stdout } = await promisify(execFile)(
    ...nodeCommand(new URL("./support/decode-worker.ts", import.meta.url), [String(rounds)]),
    {
      cwd: ROOT,
      timeout: TIMEOUT_MS,
    },
  );
  const results: { name: string; perSecond: number[] }[] = JSON.parse(stdout);
  const rows = results.map(({ name, perSecond }) => {
    const middle = median(perSecond);
    return [name, whole(middle), fixed(1e9 / middle, 0), whole(Math.min(...perSecond)), whole(Math.max(...perSecond))];
  });
  const slowest = Math.min(...results.map(({ perSecond }) => median(perSecond)));
  return {
    tables: [
      {
        title: "Decoding and metering of 64-byte packets in memory, one core",
        columns: ["packets", "packets/s", "ns each", "slowest round", "fastest round"],
        rows,
      },
    ],
    targets: [
      {
        what: "slowest kind of packet",
        target: `${whole(TARGET_PER_SECOND)} packets/s`,
        measured: `${whole(slowest)} packets/s`,
        met: slowest >= TARGET_PER_SECOND,
      },
    ],
    notes: ["all cases run in one process one after another, so that the compiled code has seen every kind of packet"],
  };
}
