// The bills of a month for a thousand customers out of a ledger, by the built program, next to reading the same rows alone.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { tempFolder, type TempFolder } from "../test/support/temp-folder.ts";
import type { BenchmarkOptions, Report } from "./support/benchmark.ts";
import { MAIN, NODE_FLAGS, ROOT } from "./support/built.ts";
import { pidOf } from "./support/child-output.ts";
import { writeMonthLedger } from "./support/month-ledger.ts";
import { cpuSeconds } from "./support/processes.ts";
import { fixed, mebibytes, median, ratio, whole } from "./support/statistics.ts";

const CUSTOMERS = 1_000;
const MONTH = "2026-01";
const INTERVALS = 31 * 288;
const SAMPLE_MS = 20;
const TARGET_SECONDS = 5;
const TARGET_BYTES = 300 * 2 ** 20;

const REPORT = "acct-agent report --format json";
const ROWS = "the same rows, one JavaScript call each";

interface Measured {
  readonly subject: string;
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number;
}

export async function report({ rounds, progress }: BenchmarkOptions): Promise<Report> {
  await using folder = await tempFolder();
  progress(`report: a ledger of ${whole(CUSTOMERS * INTERVALS)} intervals`);
  await prepare(folder);
  const measured: Measured[] = [];
  for (let round = 1; round <= rounds; round++) {
    progress(`report: round ${round} of ${rounds}`);
    measured.push({ subject: REPORT, ...(await runReport(folder)) });
    measured.push({ subject: ROWS, ...(await runRows(folder)) });
  }
  return reportOf(measured);
}

async function prepare(folder: TempFolder): Promise<void> {
  const shape = { networks: CUSTOMERS, startMs: Date.parse(`${MONTH}-01`), intervals: INTERVALS };
  writeMonthLedger(folder.file("state"), shape);
  await writeFile(
    folder.file("agent.toml"),
    '[agent]\nstate_dir = "state"\n[[network]]\nname = "none"\nprefixes = ["10.0.0.0/24"]\n',
  );
}

async function runReport(folder: TempFolder): Promise<Omit<Measured, "subject">> {
  const bills = folder.file("bills.json");
  const options = ["--config", folder.file("agent.toml"), "--month", MONTH, "--format", "json", "--output", bills];
  const result = await run([...NODE_FLAGS, MAIN, "report", ...options]);
  const made: { bills: readonly { intervals_observed: number }[] } = JSON.parse(await readFile(bills, "utf8"));
  const full = made.bills.filter((bill) => bill.intervals_observed === INTERVALS).length;
  if (full !== CUSTOMERS) throw new Error(`${full} of ${CUSTOMERS} bills have all of their intervals`);
  return result;
}

async function runRows(folder: TempFolder): Promise<Omit<Measured, "subject">> {
  const script = fileURLToPath(new URL("./support/interval-rows.ts", import.meta.url));
  return await run([...NODE_FLAGS, "--import", "tsx", script, folder.file("state/ledger.sqlite")]);
}

/** Start to end of a program; CPU and memory as of the last look at it, which the end follows within some milliseconds. */
async function run(args: readonly string[]): Promise<Omit<Measured, "subject">> {
  const startMs = performance.now();
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ["ignore", "ignore", "inherit"] });
  const ended = once(child, "exit").then(([code]: unknown[]) => {
    return { code, wallSeconds: (performance.now() - startMs) / 1000 };
  });
  const pid = pidOf(child);
  let last = { cpuSeconds: 0, peakBytes: 0 };
  while (child.exitCode === null && child.signalCode === null) {
    const peakBytes = Math.max(last.peakBytes, peakOf(pid));
    last = { cpuSeconds: Math.max(last.cpuSeconds, cpuSeconds(pid)), peakBytes };
    await Promise.race([ended, sleep(SAMPLE_MS)]);
  }
  const { code, wallSeconds } = await ended;
  if (code !== 0) throw new Error(`${args.join(" ")} ended with ${String(code)}`);
  return { wallSeconds, ...last };
}

/** VmHWM of proc(5); 0 where the process is gone. */
function peakOf(pid: number): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

function reportOf(measured: readonly Measured[]): Report {
  const of = (subject: string, pick: (one: Measured) => number): number =>
    median(measured.filter((one) => one.subject === subject).map(pick));
  const wall = (subject: string): number => of(subject, ({ wallSeconds }) => wallSeconds);
  const peak = Math.max(...measured.filter(({ subject }) => subject === REPORT).map(({ peakBytes }) => peakBytes));
  const rows = [REPORT, ROWS].map((subject) => [
    subject,
    fixed(wall(subject)),
    ratio(wall(subject) / wall(REPORT)),
    fixed(of(subject, (one) => one.cpuSeconds)),
    whole((CUSTOMERS * INTERVALS) / wall(subject)),
    mebibytes(of(subject, ({ peakBytes }) => peakBytes)),
  ]);
  return {
    tables: [
      {
        title: `The bills of ${whole(CUSTOMERS)} customers for a month of 31 days, ${whole(CUSTOMERS * INTERVALS)} intervals`,
        columns: ["subject", "wall s", "wall, us = 1", "CPU s", "intervals/s", "peak RSS MiB"],
        rows,
      },
    ],
    targets: [
      {
        what: "all bills, start of the program included",
        target: `under ${TARGET_SECONDS} s`,
        measured: `${fixed(wall(REPORT))} s`,
        met: wall(REPORT) < TARGET_SECONDS,
      },
      {
        what: "peak memory of the report",
        target: `under ${mebibytes(TARGET_BYTES)} MiB`,
        measured: `${mebibytes(peak)} MiB`,
        met: peak < TARGET_BYTES,
      },
    ],
    notes: [
      "wall and CPU include starting the program; the ledger's pages are in the page cache, where writing it left them",
      "the rows are only added up: no percentile, no coverage, no completeness; its peak includes the TypeScript loader",
    ],
  };
}
