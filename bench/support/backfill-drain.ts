// A process in a namespace of its own: one sender delivers a backlog to one fresh receiver. Prints a Drain. The samples
// are counted at the receiver, which is the same for every sender.

import { cp } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Namespace } from "../../test/support/netns.ts";
import { tempFolder } from "../../test/support/temp-folder.ts";
import { AgentProcess, stateDirOf } from "./agent-process.ts";
import { answer } from "./answer.ts";
import { type Drain, type DrainTask, MAX_BYTES } from "./backfill-result.ts";
import { DrainReceiver } from "./drain-receiver.ts";
import { cpuSecondsOf, memoryOf } from "./processes.ts";
import { Vmagent } from "./vmagent.ts";

const INTERVAL_MS = 50;
/** A sender that delivers nothing for so long is stuck. */
const STUCK_MS = 60_000;

/** Sum of what the agent's pushes took. */
const PUSHING = /^acct_ship_request_duration_seconds_sum{endpoint="bench"} (\S+)$/m;

interface Sender extends AsyncDisposable {
  readonly pid: number;
  /** Of the agent. */
  readonly socketPath?: string;
}

interface Reading {
  readonly timeMs: number;
  readonly samples: number;
  readonly cpuSeconds: number;
  readonly receiverCpuSeconds: number;
  readonly rss: number;
}

async function drain(task: DrainTask): Promise<Drain> {
  await using folder = await tempFolder();
  await using receiver = await DrainReceiver.start(task.receiver);
  const start = await prepare(task, folder.path, receiver.writeUrl);
  const before = await receiver.samples();
  await using sender = await start();
  const readings: Reading[] = [];
  const delivered = (): number => readings.at(-1)?.samples ?? 0;
  let movedMs = performance.now();
  while (delivered() < task.samples) {
    const reading = await read(sender.pid, receiver, before);
    if (reading.samples > delivered()) movedMs = performance.now();
    if (reading.samples > 0) readings.push(reading);
    if (performance.now() - movedMs > STUCK_MS) throw new Error(`${task.sender} is stuck at ${delivered()} samples`);
    await sleep(INTERVAL_MS);
  }
  return { ...between(readings), pushingSeconds: await pushingSeconds(sender) };
}

async function pushingSeconds({ socketPath }: Sender): Promise<number | null> {
  if (socketPath === undefined) return null;
  return Number(PUSHING.exec((await answer(socketPath, "/metrics")).body)?.[1]);
}

/** Everything up to the sender's start. */
async function prepare(task: DrainTask, folder: string, remoteWrite: string): Promise<() => Promise<Sender>> {
  if (task.sender === "acct-agent" || task.sender === "acct-agent, batched") {
    await cp(task.ledger, stateDirOf({ folder }), { recursive: true });
    const edge = new Namespace(task.namespace, task.interface, 1);
    const settings = {
      backend: "pcap",
      folder,
      prefixes: ["10.0.0.0/16"],
      window: "60s",
      maxBytes: MAX_BYTES,
    } as const;
    const catchUp = task.sender === "acct-agent" ? {} : ({ catchUp: "batched" } as const);
    return () => AgentProcess.start(edge, { ...settings, ...catchUp, remoteWrite });
  }
  const settings = { folder, remoteWrite, queues: task.sender === "vmagent" ? null : 1 };
  await Vmagent.enqueue(settings, join(task.ledger, "ledger.sqlite"));
  return () => Vmagent.start(settings);
}

async function read(pid: number, receiver: DrainReceiver, before: number): Promise<Reading> {
  return {
    samples: (await receiver.samples()) - before,
    timeMs: performance.now(),
    cpuSeconds: cpuSecondsOf(pid),
    receiverCpuSeconds: cpuSecondsOf(receiver.pid),
    rss: memoryOf(pid).rss,
  };
}

/**
 * From the first reading that shows something new to the last one but one: VictoriaMetrics counts anew once a second, so
 * only what has just changed is of the moment at which it was read, and of the end it is not known within that second.
 * Where that leaves nothing, to the end.
 */
function between(readings: readonly Reading[]): Omit<Drain, "pushingSeconds"> {
  const changed = readings.filter(({ samples }, index) => samples !== readings[index - 1]?.samples);
  const [first] = changed;
  const last = changed.length > 2 ? changed.at(-2) : readings.at(-1);
  if (!first || !last) throw new Error("nothing was drained");
  return {
    samples: last.samples - first.samples,
    wallSeconds: (last.timeMs - first.timeMs) / 1000,
    cpuSeconds: last.cpuSeconds - first.cpuSeconds,
    receiverCpuSeconds: last.receiverCpuSeconds - first.receiverCpuSeconds,
    rss: readings.map(({ rss }) => rss),
  };
}

const task: DrainTask = JSON.parse(process.argv[2] ?? "");
console.log(`drained ${JSON.stringify(await drain(task))}`);
