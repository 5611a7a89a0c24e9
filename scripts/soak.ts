// The long run of test/e2e/kill.test.ts: `npm run soak -- --minutes 30 --seed 1 --interfaces 2 --max-pause 180`; with
// `--chaos` that of chaos.test.ts, on one interface. Prints each kill, each fault and a verdict; exit code 1 on any
// difference between what was sent and what was accounted or pushed.

import { parseArgs } from "node:util";
import { chaosRun } from "../test/support/chaos-run.ts";
import { Edge } from "../test/support/edge.ts";
import { killRun } from "../test/support/kill-run.ts";
import { addLink, type Link } from "../test/support/link.ts";
import { Receiver } from "../test/support/receiver.ts";
import { SeededRandom } from "../test/support/seeded-random.ts";

interface SoakOptions {
  readonly minutes: number;
  readonly seed: number;
  readonly interfaces: number;
  readonly maxPauseMs: number;
  readonly chaos: boolean;
}

interface SoakResult {
  readonly kills: number;
  readonly windows: number;
  readonly packets: number;
  readonly differences: readonly string[];
}

/** Prints at most so many differences: they repeat each other. */
const SHOWN = 50;
/** Beyond 30 s a 500 may be of a sample. */
const MAX_FAULT_MS = 45_000;

function soakOptions(): SoakOptions {
  const { values } = parseArgs({
    options: {
      minutes: { type: "string", default: "30" },
      seed: { type: "string", default: String(Date.now() % 2 ** 32) },
      interfaces: { type: "string", default: "1" },
      "max-pause": { type: "string", default: "180" },
      chaos: { type: "boolean", default: false },
    },
  });
  return {
    minutes: positive("minutes", values.minutes),
    seed: positive("seed", values.seed),
    interfaces: positive("interfaces", values.interfaces),
    maxPauseMs: positive("max-pause", values["max-pause"]) * 1_000,
    chaos: values.chaos,
  };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} ${text} is not a positive number`);
  return value;
}

function progress(line: string): void {
  console.log(`${new Date().toISOString()} ${line}`);
}

async function soak(options: SoakOptions): Promise<boolean> {
  const { minutes, seed, chaos } = options;
  progress(`${minutes} minutes${chaos ? " of chaos" : ""} with seed ${seed}`);
  const { differences, kills, windows, packets } = await (chaos ? soakChaos(options) : soakKills(options));
  for (const line of differences.slice(0, SHOWN)) console.log(line);
  const verdict = differences.length === 0 ? "exact" : `${differences.length} differences`;
  progress(`${verdict}: ${kills} kills, ${windows} windows, ${packets} packets, seed ${seed}`);
  return differences.length === 0;
}

async function soakKills({ minutes, seed, interfaces, maxPauseMs }: SoakOptions): Promise<SoakResult> {
  await using receiver = await Receiver.start();
  await using edge = await Edge.create("soak");
  const links: Link[] = [edge.pair];
  while (links.length < interfaces) links.push(await addLink(edge.pair, links.length + 1));
  const endMs = Date.now() + minutes * 60_000;
  const goOn = (): boolean => Date.now() < endMs;
  const random = new SeededRandom(seed);
  return await killRun({ edge, receiver, links, random, backend: "ebpf", goOn, maxPauseMs, progress });
}

async function soakChaos({ minutes, seed, maxPauseMs }: SoakOptions): Promise<SoakResult> {
  await using chaos = await Receiver.start();
  await using steady = await Receiver.start();
  await using edge = await Edge.create("chaos");
  const limits = {
    forMs: minutes * 60_000,
    maxFaultMs: MAX_FAULT_MS,
    maxPauseMs,
    holds: true,
    poison: true,
    batched: true,
  };
  const result = await chaosRun({ edge, chaos, steady, seed, progress, ...limits });
  const { hits, lagMs, deadLetters, joined } = result;
  progress(JSON.stringify({ hits, lagMs, deadLetters, joined }));
  return result;
}

process.exitCode = (await soak(soakOptions())) ? 0 : 1;
