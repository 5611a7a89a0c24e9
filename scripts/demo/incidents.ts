// The second act: live traffic, and what goes wrong meanwhile. Prometheus is away for a while; the agent is killed.

import { ledgerWindows } from "../../test/support/ledger-rows.ts";
import { backlogLine, SHOW_MS, showDelivery } from "./backlog.ts";
import { inUnits, seconds } from "./printing.ts";
import type { Stage } from "./stage.ts";
import { pause, until } from "./wait.ts";

/** Stops Prometheus for that time, and waits until it has everything again. */
export async function outage(stage: Stage, forMs: number): Promise<void> {
  const { prometheus, agent, narrator, signal } = stage;
  narrator.step(`Prometheus is stopped for ${seconds(forMs)}; the traffic goes on`);
  await prometheus.stop();
  const endMs = performance.now() + forMs;
  while (performance.now() < endMs) {
    await pause(Math.min(SHOW_MS, endMs - performance.now()), signal);
    narrator.say(backlogLine(await agent.status()));
  }
  await prometheus.start(signal);
  narrator.say("Prometheus is back");
  narrator.say(`everything is delivered, in order, ${seconds(await showDelivery(stage))} after its start`);
}

/** Ends the agent as kill -9 does, starts it again after that time, and shows what the kernel counted meanwhile. */
export async function kill({ agent, ground, narrator, signal }: Stage, deadMs: number): Promise<void> {
  narrator.step(`kill -9 of the agent; nobody runs for ${seconds(deadMs)}, the traffic goes on`);
  const killedMs = Date.now();
  await agent.kill();
  await pause(deadMs, signal);
  const startedMs = Date.now();
  await agent.start(signal);
  narrator.say("the agent is started again, and takes from the kernel what it counted meanwhile");
  const ended = () => {
    const rows = ledgerWindows(ground.stateDir).filter(({ closed, endMs }) => closed === 1 && endMs > killedMs);
    const isIn = rows.some(({ endMs }) => endMs > startedMs);
    return isIn ? rows.filter(({ endMs }) => endMs <= startedMs) : null;
  };
  const windows = await until("the windows that ended meanwhile", ended, { signal });
  const bytes = windows.reduce((sum, { ipBytes }) => sum + ipBytes, 0);
  narrator.say(`windows that ended while nobody ran: ${windows.length}, with ${inUnits(bytes)}; the ledger has them`);
}
