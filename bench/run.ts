// `npm run bench [-- NAME...] [--rounds N] [--subjects A,B] [--hours N] [--json FILE]`: runs all benchmarks, or the
// named ones, and prints what they measured. A missed target is said and is no failure: figures depend on the machine.

import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { backfill } from "./backfill.ts";
import { capture } from "./capture.ts";
import { marginal } from "./marginal.ts";
import { memory } from "./memory.ts";
import { replay } from "./replay.ts";
import { report } from "./report.ts";
import { responsive } from "./responsive.ts";
import { rules } from "./rules.ts";
import { statusPage } from "./status-page.ts";
import { close } from "./close.ts";
import { decode } from "./decode.ts";
import type { Benchmark } from "./support/benchmark.ts";
import { LIVE_SUBJECT_NAMES } from "./support/live-subjects.ts";
import { describeMachine, renderMachine } from "./support/machine.ts";
import { renderReport } from "./support/render.ts";

const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  capture,
  marginal,
  responsive,
  decode,
  replay,
  report,
  rules,
  close,
  memory,
  "status-page": statusPage,
  backfill,
};
const USAGE = `usage: npm run bench -- [NAME...] [--rounds N] [--subjects A,B] [--hours N] [--json FILE]
names: ${Object.keys(BENCHMARKS).join(", ")}
subjects, of marginal, responsive, memory and status-page: ${LIVE_SUBJECT_NAMES.join(", ")}
hours, of backfill: how much of 10 days is made and drained, 240 for all of it`;

interface RunOptions {
  readonly rounds: number;
  readonly subjects: readonly string[] | null;
  readonly hours: number;
  readonly json: string | undefined;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: "string", default: "3" },
      subjects: { type: "string" },
      hours: { type: "string", default: "6" },
      json: { type: "string" },
    },
  });
  const rounds = Number(values.rounds);
  const hours = Number(values.hours);
  const subjects = values.subjects?.split(",") ?? null;
  const names = positionals.length > 0 ? positionals : Object.keys(BENCHMARKS);
  const known: readonly string[] = LIVE_SUBJECT_NAMES;
  const areKnown = names.every((name) => name in BENCHMARKS) && (subjects ?? []).every((name) => known.includes(name));
  const areNumbers = [rounds, hours].every((value) => Number.isInteger(value) && value >= 1);
  if (!areKnown || !areNumbers) throw new Error(USAGE);
  if (process.getuid?.() !== 0) throw new Error("the benchmarks need root: they make network namespaces");
  await runAll(names, { rounds, subjects, hours, json: values.json });
}

async function runAll(names: readonly string[], { rounds, subjects, hours, json }: RunOptions): Promise<void> {
  const machine = describeMachine();
  const progress = stoppableProgress();
  console.log(renderMachine(machine));
  const results = [];
  for (const name of names) {
    const startedMs = performance.now();
    const outcome = await BENCHMARKS[name]?.({ rounds, subjects, hours, progress });
    if (!outcome) continue;
    const seconds = (performance.now() - startedMs) / 1000;
    console.log(`\n=== ${name} (${seconds.toFixed(0)} s, median of ${rounds})\n\n${renderReport(outcome)}`);
    results.push({ name, seconds, ...outcome });
  }
  if (json !== undefined) await writeFile(json, `${JSON.stringify({ machine, rounds, results }, null, 2)}\n`);
}

/** After SIGINT or SIGTERM the next step throws instead of beginning, so that everything that was started is ended. */
function stoppableProgress(): (text: string) => void {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.once(signal, () => stop.abort(new Error(`stopped by ${signal}`)));
  }
  return (text) => {
    stop.signal.throwIfAborted();
    console.error(`... ${text}`);
  };
}

await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
