// Runs the built capture stage in the network namespace that it is started in, for live-capture.ts: options and what the
// sink answers as arguments, orders as JSON lines on standard input, what happens as JSON lines on standard output.

import { createInterface } from "node:readline";
import type { DestinationStream } from "pino";
import { addressAt, formatAddress } from "../../src/model/address.ts";
import type { Network } from "../../src/model/network.ts";
import { systemClock } from "../../src/model/time.ts";
import type { WindowUsage } from "../../src/model/window.ts";
import { createLog } from "../../src/telemetry/log.ts";
import { createMetrics, selfSamples } from "../../src/telemetry/metrics.ts";

/** `die` is what a crash right after the commit looks like: the window is told, and the process is no more. */
export type SinkAnswer = "accept" | "refuse" | "die";

export type RunnerOrder =
  | { readonly order: "status" }
  | { readonly order: "answer"; readonly answer: SinkAnswer }
  | { readonly order: "reload"; readonly networks: readonly Network[] }
  | { readonly order: "stop" };

const built = new URL("../../dist/capture/capture.js", import.meta.url).href;
// The capture child is started from where its parent's code is, so it is the built code that must run here.
const { Capture }: typeof import("../../src/capture/capture.ts") = await import(built);

let answer = readAnswer(process.argv[3]);

function readAnswer(text: string | undefined): SinkAnswer {
  return text === "refuse" || text === "die" ? text : "accept";
}

/** A write to a pipe is done when it returns. */
function tell(event: string, facts: object): void {
  process.stdout.write(`${JSON.stringify({ event, ...facts })}\n`);
}

function tellWindow(kind: "closed" | "open", { usage, ...window }: WindowUsage): Promise<boolean> {
  const rows: Record<string, (number | undefined)[]> = {};
  for (let row = 0; row < usage.length; row++) {
    const network = window.networks[usage.networks[row] ?? -1] ?? "?";
    const key = `${formatAddress(addressAt(usage.addresses, row))} ${network}`;
    rows[key] = [usage.bytesIn[row], usage.packetsIn[row], usage.bytesOut[row], usage.packetsOut[row]];
  }
  tell("window", { kind, answer, ...window, rows });
  if (answer === "die") process.kill(process.pid, "SIGKILL");
  return Promise.resolve(answer === "accept");
}

const logged: DestinationStream = { write: (line) => tell("log", JSON.parse(line)) };
const metrics = createMetrics();
const stopping = new AbortController();
const capture = new Capture(JSON.parse(process.argv[2] ?? "{}"), {
  sink: { closed: (window) => tellWindow("closed", window), open: (window) => tellWindow("open", window) },
  log: createLog("info", logged),
  clock: systemClock,
  metrics,
});

async function obey(order: RunnerOrder): Promise<void> {
  if (order.order === "stop") stopping.abort();
  else if (order.order === "reload") capture.reload(order.networks);
  else if (order.order === "answer") ({ answer } = order);
  else tell("status", { state: capture.state(), samples: await selfSamples(metrics) });
}

tell("adopted", { interfaces: [...(await capture.adopt(stopping.signal))] });
const running = capture.run(stopping.signal);
const orders = createInterface({ input: process.stdin });
orders.on("line", (line) => void obey(JSON.parse(line)));
await running;
orders.close();
process.stdin.destroy();
tell("ended", {});
