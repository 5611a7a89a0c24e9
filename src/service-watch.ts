// Tells the service manager that the agent is ready, alive and stopping. Alive is an agent whose event loop runs and whose
// ledger's thread answers, be it with an error: one that hangs is what a restart mends.

import { setTimeout as sleep } from "node:timers/promises";
import type { Notify } from "./lib/service-notify.ts";

export interface ServiceWatchParts {
  readonly notify: Notify;
  /** Within what time a sign of life is wanted; null where none is. */
  readonly watchdogMs: number | null;
  /** Settles when the ledger's thread has answered. */
  readonly ping: () => Promise<unknown>;
}

/** The agent is ready now; runs until `signal` aborts. Never rejects. */
export async function watchService(
  { notify, watchdogMs, ping }: ServiceWatchParts,
  signal: AbortSignal,
): Promise<void> {
  notify("READY=1");
  while (!signal.aborted) {
    const isOver = await pause(watchdogMs, signal);
    if (isOver) break;
    await ping().catch(() => undefined);
    notify("WATCHDOG=1");
  }
  notify("STOPPING=1");
}

/** Half of the time that there is. True where `signal` aborted meanwhile. */
async function pause(watchdogMs: number | null, signal: AbortSignal): Promise<boolean> {
  // Without a watchdog only the end is waited for: longer than this no timer runs.
  const ms = watchdogMs === null ? 2 ** 31 - 1 : watchdogMs / 2;
  await sleep(ms, undefined, { signal }).catch(() => undefined);
  return signal.aborted;
}
