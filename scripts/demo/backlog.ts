// What waits in the ledger for Prometheus, shown while it grows and while it goes.

import type { Status } from "../../src/status/status.ts";
import { ledgerPending } from "../../test/support/ledger-rows.ts";
import type { Stage } from "./stage.ts";
import { until } from "./wait.ts";

/** Between two lines. */
export const SHOW_MS = 5_000;
/** A month on a slow machine; a sender that backs off during an outage tries again within a minute. */
const TIMEOUT_MS = 600_000;

/** Waits until nothing waits in the ledger, with a line now and then; returns how long it took, in milliseconds. */
export async function showDelivery({ agent, ground, narrator, signal }: Stage): Promise<number> {
  const began = performance.now();
  let shownMs = began;
  const isDelivered = async (): Promise<true | null> => {
    const status = await agent.status();
    // An agent that has just started does not know yet what waits.
    if (ledgerPending(ground.stateDir) === 0) return true;
    if (performance.now() - shownMs >= SHOW_MS) {
      narrator.say(backlogLine(status));
      shownMs = performance.now();
    }
    return null;
  };
  await until("the backlog to be delivered", isDelivered, { signal, timeoutMs: TIMEOUT_MS });
  return performance.now() - began;
}

/** `15:12:51  retrying: 74 samples wait in the ledger, the oldest of 2026-11-21T15:12:45Z`. */
export function backlogLine({ time, endpoints }: Status): string {
  const [endpoint] = endpoints;
  if (endpoint === undefined) throw new Error("the agent has no endpoint");
  const { state, pending_samples: samples, oldest_pending: oldest } = endpoint;
  const since = oldest === null ? "" : `, the oldest of ${oldest.slice(0, 19)}Z`;
  return `${time.slice(11, 19)}  ${state}: ${samples} samples wait in the ledger${since}`;
}
