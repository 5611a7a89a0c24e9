// The demonstration from its first to its last step.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { exposePort } from "../../test/support/namespace-port.ts";
import { STATUS_SOCKET } from "../../src/status/status.ts";
import { agentOutput, DemoAgent } from "./agent.ts";
import { showDelivery } from "./backlog.ts";
import { writeConfiguration } from "./configuration.ts";
import { CUSTOMERS } from "./customers.ts";
import { makeGround } from "./ground.ts";
import { kill, outage } from "./incidents.ts";
import { billedMonth, replayMonth } from "./month.ts";
import type { DemoOptions } from "./options.ts";
import { type Narrator, seconds } from "./printing.ts";
import { Prometheus } from "./prometheus.ts";
import { startRelay } from "./relay.ts";
import { compareBills, compareBytes, reconcileMonth, reportFileOf, showStatus } from "./result.ts";
import type { Stage } from "./stage.ts";
import { LiveTraffic } from "./traffic.ts";
import { sumOf, type Volumes } from "./volumes.ts";
import { pause, until } from "./wait.ts";

const RECORDED = "acct:customer_billable_bps:month";
const GRAPH = "sum by (customer, direction) (acct_interval_bytes) * 8 / 300";
const OUTAGE_MS = [6_000, 20_000] as const;
/** Longer than a window, so that one ends while nobody runs. */
const DEAD_MS = [6_000, 12_000] as const;

/** Tells it all; true where every comparison found everything equal. Rejects when the signal aborts before that. */
export async function tell(options: DemoOptions, narrator: Narrator, signal: AbortSignal): Promise<boolean> {
  narrator.step(
    "An edge and its customers: two network namespaces and a wire; nothing of this machine's network changes",
  );
  const ground = await makeGround();
  for (const { name, prefix, about } of CUSTOMERS) narrator.say(`${name.padEnd(6)}  ${prefix.padEnd(16)}  ${about}`);
  await using prometheus = await Prometheus.prepare(ground.folder);
  await using _wire = await exposePort(ground.edge, prometheus.port);
  await using agent = new DemoAgent(ground);
  const stage = { options, ground, prometheus, agent, narrator, signal };
  await startPrometheus(stage);
  narrator.step("The month so far");
  const month = billedMonth(Date.now(), options.days);
  const history = await replayMonth(stage, month);
  const survivesKill = await startAgent(stage);
  const [live, endedMs] = await liveTraffic(stage, survivesKill);
  narrator.step(
    "Bytes of the month and the live traffic: sent by the senders' own counts, in the ledger, in Prometheus",
  );
  const bytes = await compareBytes(stage, sumOf(history, live), endedMs);
  narrator.step("Interval by interval: acct-agent reconcile");
  const intervals = await reconcileMonth(stage, month.name);
  narrator.step("The bills: acct-agent report");
  const bills = await compareBills(stage, month.name);
  const isEqual = bytes && intervals && bills;
  narrator.step(isEqual ? "Everything is equal" : "SOMETHING DIFFERS: see above");
  if (options.keep) await keepOn(stage);
  return isEqual;
}

async function startPrometheus({ ground, prometheus, narrator, signal }: Stage): Promise<void> {
  narrator.step("Prometheus, with the rules that acct-agent rules writes");
  await writeConfiguration(ground, prometheus.url);
  await writeFile(
    join(ground.folder, "rules.yml"),
    await agentOutput(ground, ["rules", "--config", ground.configFile], signal),
  );
  await prometheus.start(signal);
  narrator.say(prometheus.url);
}

/** Resolves when it runs and has delivered the month; whether the kernel counts on without it. */
async function startAgent(stage: Stage): Promise<boolean> {
  const { agent, narrator, signal } = stage;
  narrator.step("The agent starts, and what waits in its ledger goes to Prometheus");
  const { backend, survivesKill } = await agent.start(signal);
  narrator.say(`it counts ${backend}, in windows of 5 s`);
  narrator.say(`the month is delivered after ${seconds(await showDelivery(stage))}`);
  return survivesKill;
}

/** Traffic for the time that is asked for, at least, and what goes wrong meanwhile; what was sent, and until when. */
async function liveTraffic(stage: Stage, survivesKill: boolean): Promise<readonly [sent: Volumes, endedMs: number]> {
  const { options, ground, narrator, signal } = stage;
  const forMs = options.seconds * 1_000;
  narrator.step(`Live traffic of all three, in and out, for ${options.seconds} s`);
  const startedMs = performance.now();
  await using traffic = await LiveTraffic.start(ground);
  await pause(forMs / 4, signal);
  if (options.outage) await outage(stage, clamp(forMs * 0.22, OUTAGE_MS));
  if (survivesKill) await kill(stage, clamp(forMs * 0.15, DEAD_MS));
  else narrator.say("without TCX a killed agent loses its open window: that step is left out");
  await pause(startedMs + forMs - performance.now(), signal);
  narrator.step("The agent now: acct-agent status");
  await showStatus(stage);
  return [await traffic.stop(), Date.now()];
}

/** Traffic and agent go on, for who looks at the pages, until the signal aborts. */
async function keepOn(stage: Stage): Promise<void> {
  const { agent, ground, prometheus, narrator, signal } = stage;
  await using _traffic = await LiveTraffic.start(ground);
  await using relay = await startRelay(join(ground.stateDir, STATUS_SOCKET));
  narrator.step("The traffic goes on. Look at it; Ctrl-C ends it and removes everything");
  narrator.say(`status page   ${relay.url}/`);
  narrator.say(`bills         file://${reportFileOf(ground)}`);
  narrator.say(`Prometheus    ${prometheus.graph(GRAPH, "4w")}`);
  narrator.say(`its rules     ${prometheus.url}/rules`);
  await Promise.all([agent.ended(signal), showRecordedBills(stage)]).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}

/** The rules need an interval of the running agent, which comes at the next full five minutes. */
async function showRecordedBills({ prometheus, narrator, signal }: Stage): Promise<void> {
  const recorded = async () => {
    const rows = await prometheus.query(RECORDED);
    return rows.length < CUSTOMERS.length ? null : rows;
  };
  const rows = await until("the rules", recorded, { signal, timeoutMs: Number.POSITIVE_INFINITY });
  const bills = rows.map(({ labels, value }) => `${labels["customer"] ?? ""} ${(value / 1e6).toFixed(3)} Mbps`);
  narrator.say(`by the rules in Prometheus (${RECORDED}): ${bills.join(", ")}`);
}

function clamp(value: number, [least, most]: readonly [number, number]): number {
  return Math.min(most, Math.max(least, value));
}
