// The long run of test/e2e/kill.test.ts: `npm run soak -- --minutes 30 --seed 1 --interfaces 2 --max-pause 180`. Prints
// each kill and a verdict; exit code 1 on any difference between what was sent and what was accounted or pushed.

import { parseArgs } from "node:util";
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
}

/** Prints at most so many differences: they repeat each other. */
const SHOWN = 50;

function soakOptions(): SoakOptions {
  const { values } = parseArgs({
    options: {
      minutes: { type: "string", default: "30" },
      seed: { type: "string", default: String(Date.now() % 2 ** 32) },
      interfaces: { type: "string", default: "1" },
      "max-pause": { type: "string", default: "180" },
    },
  });
  return {
    minutes: positive("minutes", values.minutes),
    seed: positive("seed", values.seed),
    interfaces: positive("interfaces", values.interfaces),
    maxPauseMs: positive("max-pause", values["max-pause"]) * 1_000,
  };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} ${text} is not a positive number`);
  return value;
}

async function soak({ minutes, seed, interfaces, maxPauseMs }: SoakOptions): Promise<boolean> {
  await using receiver = await Receiver.start();
  await using edge = await Edge.create("soak");
  const links: Link[] = [edge.pair];
  while (links.length < interfaces) links.push(await addLink(edge.pair, links.length + 1));
  const endMs = Date.now() + minutes * 60_000;
  const progress = (line: string): void => console.log(`${new Date().toISOString()} ${line}`);
  progress(`${minutes} minutes on ${interfaces} interfaces with seed ${seed}`);
  const goOn = (): boolean => Date.now() < endMs;
  const random = new SeededRandom(seed);
  const options = { edge, receiver, links, random, backend: "ebpf" as const, goOn, maxPauseMs, progress };
  const { differences, kills, windows, packets } = await killRun(options);
  for (const line of differences.slice(0, SHOWN)) console.log(line);
  const verdict = differences.length === 0 ? "exact" : `${differences.length} differences`;
  progress(`${verdict}: ${kills} kills, ${windows} windows, ${packets} packets, seed ${seed}`);
  return differences.length === 0;
}

process.exitCode = (await soak(soakOptions())) ? 0 : 1;
