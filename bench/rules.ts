// What recording rules cost in Prometheus: a thousand networks, each of a customer of its own, with a month of intervals.

import { writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { contractChains, customerRules } from "../src/billing/rules/customer-rules.ts";
import type { MonthName } from "../src/billing/rules/month.ts";
import { networkRules } from "../src/billing/rules/network-rules.ts";
import { type RecordingRule, ruleFileText } from "../src/billing/rules/rule-file.ts";
import { DEFAULT_TERMS } from "../src/billing/default-contracts.ts";
import type { Contract } from "../src/model/contract.ts";
import { type MetricsServer, startPrometheus } from "../test/support/prometheus.ts";
import { tempFolder } from "../test/support/temp-folder.ts";
import type { Benchmark, BenchmarkOptions, Report } from "./support/benchmark.ts";
import { fillIntervals } from "./support/interval-fill.ts";
import { cpuSeconds, memoryOf } from "./support/processes.ts";
import { fixed, mebibytes, whole } from "./support/statistics.ts";

const NETWORKS = 1_000;
const DAYS = 33;
/** These have what rules of the previous month read, too, and are measured for all. */
const SAMPLED = 100;
const SAMPLED_DAYS = 64;
const INTERVAL_MS = 300_000;
const TARGET_SECONDS = 300;
const POLL_MS = 50;

interface Measured {
  readonly subject: string;
  readonly subjects: number;
  readonly rules: number;
  readonly evaluationSeconds: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number;
}

/** Runs once, whatever the rounds. */
export const rules: Benchmark = async ({ progress }: BenchmarkOptions): Promise<Report> => {
  await using folder = await tempFolder();
  const file = folder.file("rules.yml");
  await writeFile(file, ruleFileText([], []));
  await using server = await startPrometheus({ outOfOrder: true, ruleFiles: [file] });
  const endMs = Math.floor(Date.now() / INTERVAL_MS) * INTERVAL_MS;
  progress(`rules: ${whole(NETWORKS * DAYS * 288 * 2)} samples and more into Prometheus`);
  const samples = await fillIntervals(server.writeUrl, {
    endMs,
    networks: NETWORKS,
    days: DAYS,
    longer: { networks: SAMPLED, days: SAMPLED_DAYS },
  });
  const filled = memoryOf(server.pid ?? 0).rss;
  const measured: Measured[] = [];
  for (const { subject, subjects, of } of kinds(endMs)) {
    progress(`rules: ${subject}`);
    const all = Array.from({ length: subjects }, (_, index) => of(index)).flat();
    measured.push({ subject, subjects, rules: all.length, ...(await evaluate(server, file, { subject, rules: all })) });
  }
  return reportOf(measured, { samples, filled });
};

interface Kind {
  readonly subject: string;
  readonly subjects: number;
  readonly of: (index: number) => readonly RecordingRule[];
}

function kinds(nowMs: number): Kind[] {
  const ofNetwork = (month: MonthName) => (index: number) =>
    networkRules({ network: `net-${index}`, contract: contractOf(index) }, month, nowMs);
  const ofCustomer = (month: MonthName) => (index: number) =>
    contractChains([contractOf(index)], nowMs).flatMap((chain) => customerRules(chain, month, nowMs));
  return [
    { subject: "networks, this month", subjects: NETWORKS, of: ofNetwork("month") },
    { subject: "networks, previous month", subjects: SAMPLED, of: ofNetwork("previous_month") },
    { subject: "contracts with a commit, this month", subjects: SAMPLED, of: ofCustomer("month") },
    { subject: "contracts, previous month", subjects: SAMPLED, of: ofCustomer("previous_month") },
  ];
}

function contractOf(index: number): Contract {
  const customer = `customer-${index}`;
  return { ...DEFAULT_TERMS, customer, selector: { customer }, byteLayer: "ip", commitBps: 100_000_000 };
}

interface ApiGroup {
  readonly name: string;
  readonly evaluationTime: number;
  readonly rules: readonly { readonly health: string; readonly lastError?: string }[];
}

/** One evaluation of a group of its own, whose rules run one after another. */
async function evaluate(
  server: MetricsServer,
  file: string,
  group: { readonly subject: string; readonly rules: readonly RecordingRule[] },
): Promise<Pick<Measured, "evaluationSeconds" | "cpuSeconds" | "peakBytes">> {
  const pid = server.pid ?? 0;
  await writeFile(file, ruleFileText([{ name: group.subject, interval: null, rules: group.rules }], []));
  const before = cpuSeconds(pid);
  await reload(server);
  let peakBytes = 0;
  for (;;) {
    peakBytes = Math.max(peakBytes, memoryOf(pid).rss);
    const done = await evaluated(server, group.subject);
    if (done !== null) {
      const cpu = cpuSeconds(pid) - before;
      await writeFile(file, ruleFileText([], []));
      await reload(server);
      return { evaluationSeconds: done, cpuSeconds: cpu, peakBytes };
    }
    await sleep(POLL_MS);
  }
}

async function reload(server: MetricsServer): Promise<void> {
  const { ok, status } = await fetch(`${server.url}/-/reload`, { method: "POST" });
  if (!ok) throw new Error(`Prometheus does not reload: ${status}`);
}

/** Seconds that the group took; null before its first evaluation has ended. Throws where a rule failed. */
async function evaluated(server: MetricsServer, name: string): Promise<number | null> {
  const answer: { data: { groups: readonly ApiGroup[] } } = JSON.parse(
    await (await fetch(`${server.url}/api/v1/rules`)).text(),
  );
  const group = answer.data.groups.find((one) => one.name === name);
  if (group === undefined || group.evaluationTime === 0) return null;
  const failed = group.rules.find(({ health }) => health !== "ok");
  if (failed !== undefined) throw new Error(`a rule of ${name} is ${failed.health}: ${failed.lastError ?? ""}`);
  return group.evaluationTime;
}

function reportOf(measured: readonly Measured[], { samples, filled }: { samples: number; filled: number }): Report {
  const scaled = ({ evaluationSeconds, subjects }: Measured): number => (evaluationSeconds / subjects) * NETWORKS;
  const [networks] = measured;
  return {
    tables: [
      {
        title: `Prometheus with ${whole(NETWORKS)} networks of one interface each, ${whole(samples)} samples`,
        columns: ["group", "subjects", "rules", "evaluation s", "CPU s", "ms a subject", "s for 1,000", "peak RSS MiB"],
        rows: measured.map((one) => [
          one.subject,
          whole(one.subjects),
          whole(one.rules),
          fixed(one.evaluationSeconds, 1),
          fixed(one.cpuSeconds, 1),
          fixed((one.evaluationSeconds / one.subjects) * 1000, 0),
          fixed(scaled(one), 0),
          mebibytes(one.peakBytes),
        ]),
      },
    ],
    targets: [
      {
        what: `rules of ${whole(NETWORKS)} networks for this month`,
        target: `evaluated within ${TARGET_SECONDS} s, one after another`,
        measured: `${fixed(networks?.evaluationSeconds ?? Number.NaN, 0)} s`,
        met: (networks?.evaluationSeconds ?? Infinity) < TARGET_SECONDS,
      },
    ],
    notes: [
      `evaluation: a group's time by /api/v1/rules, its rules one after another; where there are less than ${whole(NETWORKS)} subjects, "s for 1,000" is projected`,
      `Prometheus held ${mebibytes(filled)} MiB after the samples were in, before any rule`,
      "acct-agent rules spreads this over groups, and sets their interval so that they take a quarter of a processor",
    ],
  };
}
