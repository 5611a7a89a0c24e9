// What an outage of the receiver costs: the backlog's size on disk, and how fast it goes out when the receiver is back,
// next to vmagent delivering the same samples from its persistent queue. Ten days are a projection unless `--hours 240`.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { NetworkPair } from "../test/support/netns.ts";
import { tempFolder } from "../test/support/temp-folder.ts";
import { backfillReport, type DrainRun } from "./support/backfill-report.ts";
import { type Backfill, type Drain, type DrainTask, RECEIVERS, SENDERS } from "./support/backfill-result.ts";
import type { BenchmarkOptions, Report } from "./support/benchmark.ts";
import { nodeCommand, ROOT } from "./support/built.ts";
import { ChildOutput } from "./support/child-output.ts";

const ADDRESSES = 1_000;
const WINDOWS_PER_HOUR = 60;
/** Of the whole: ten days into the slowest receiver. */
const TIMEOUT_MS = 3_600_000;

export async function backfill({ rounds, hours, progress }: BenchmarkOptions): Promise<Report> {
  await using folder = await tempFolder();
  const ledger = folder.file("state");
  progress(`backfill: closing ${hours * WINDOWS_PER_HOUR} windows of ${ADDRESSES} addresses`);
  const made = await fill(ledger, hours * WINDOWS_PER_HOUR);
  const runs: DrainRun[] = [];
  for (let round = 1; round <= rounds; round++) {
    for (const receiver of RECEIVERS) {
      for (const sender of SENDERS) {
        progress(`backfill: round ${round} of ${rounds}, ${sender} into ${receiver}`);
        const drain = await measure({ sender, receiver, ledger, samples: made.samples });
        runs.push({ sender, receiver, drain });
      }
    }
  }
  return backfillReport(made, runs, ADDRESSES);
}

async function fill(ledger: string, windows: number): Promise<Backfill> {
  const args = [ledger, String(windows), String(ADDRESSES)];
  const command = nodeCommand(new URL("./support/backfill-fill.ts", import.meta.url), args);
  const { stdout } = await promisify(execFile)(...command, { cwd: ROOT, timeout: TIMEOUT_MS });
  return JSON.parse(stdout);
}

/** In a namespace whose interface is silent, so that the backlog is all there is to send. */
async function measure(task: Omit<DrainTask, "namespace" | "interface">): Promise<Drain> {
  await using pair = await NetworkPair.create({ prefix: "acctbench" });
  const { edge } = pair;
  const whole: DrainTask = { ...task, namespace: edge.name, interface: edge.interface };
  const script = new URL("./support/backfill-drain.ts", import.meta.url);
  const child = edge.spawn(...nodeCommand(script, [JSON.stringify(whole)]), { cwd: ROOT, stdio: "pipe" });
  const [, result = ""] = await new ChildOutput(child).match(/^drained (.*)$/m, 0, TIMEOUT_MS);
  return JSON.parse(result);
}
