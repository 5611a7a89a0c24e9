// The last act: what was sent against the ledger and Prometheus, the bills, and where to look at them.

import { join } from "node:path";
import { floorTo } from "../../src/model/time.ts";
import { agentCommand, agentOutput } from "./agent.ts";
import { showDelivery } from "./backlog.ts";
import { compareVolumes, ledgerVolumes, prometheusVolumes } from "./comparison.ts";
import { WINDOW_MS } from "./configuration.ts";
import type { Ground } from "./ground.ts";
import type { Stage } from "./stage.ts";
import type { Volumes } from "./volumes.ts";
import { until } from "./wait.ts";

const SHOWS_AFTER_MS = 10_000;

/** Waits until the windows of traffic that ended before `endedMs` are delivered, and compares; true where all is equal. */
export async function compareBytes(stage: Stage, sent: Volumes, endedMs: number): Promise<boolean> {
  const { agent, ground, narrator, prometheus, signal } = stage;
  const lastEndMs = floorTo(endedMs, WINDOW_MS) + WINDOW_MS;
  const isClosed = async (): Promise<true | null> => {
    const { interfaces } = await agent.status();
    return interfaces.every((one) => Date.parse(one.last_window_end ?? "") >= lastEndMs) ? true : null;
  };
  await until("the last window to be closed", isClosed, { signal });
  await showDelivery(stage);
  const compare = async () => compareVolumes(sent, ledgerVolumes(ground.stateDir), await prometheusVolumes(prometheus));
  const isShown = async (): Promise<true | null> => ((await compare()).isEqual ? true : null);
  await until("Prometheus to show it", isShown, { signal, timeoutMs: SHOWS_AFTER_MS }).catch(() =>
    signal.throwIfAborted(),
  );
  const { text, isEqual } = await compare();
  narrator.say(text);
  return isEqual;
}

/** `reconcile` of the month: the ledger against Prometheus, each interval; true where they are equal. */
export async function reconcileMonth({ ground, narrator, signal }: Stage, month: string): Promise<boolean> {
  const args = ["reconcile", "--config", ground.configFile, "--month", month];
  const { code, output, complaints } = await agentCommand(ground, args, signal);
  narrator.say(`${output}${complaints}`);
  return code === 0;
}

/** The bills of the month from the ledger; true where Prometheus alone gives the same ones. */
export async function compareBills({ ground, narrator, signal }: Stage, month: string): Promise<boolean> {
  const report = (...args: readonly string[]): Promise<string> =>
    agentOutput(ground, ["report", "--config", ground.configFile, "--month", month, ...args], signal);
  narrator.say(await report());
  const isSame = async (): Promise<boolean> =>
    billsOf(await report("--format", "json")) === billsOf(await report("--format", "json", "--source", "prometheus"));
  // An interval may end between the two.
  const same = (await isSame()) || (await isSame());
  narrator.say(`acct-agent report --source prometheus: ${same ? "the same bills" : "OTHER BILLS"}`);
  await report("--format", "html", "--output", reportFileOf(ground));
  return same;
}

/**
 * The bills without their completeness: Prometheus does not keep how long windows were, and those of the history are
 * longer than the live ones.
 */
function billsOf(json: string): string {
  return JSON.stringify(JSON.parse(json), (key, value: unknown) => (key === "completeness" ? undefined : value));
}

export function reportFileOf({ folder }: Ground): string {
  return join(folder, "report.html");
}

/** What `acct-agent status` says. */
export async function showStatus({ ground, narrator, signal }: Stage): Promise<void> {
  narrator.say(await agentOutput(ground, ["status", "--config", ground.configFile], signal));
}
