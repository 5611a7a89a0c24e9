// Polls a condition instead of sleeping for a guess.

import { setTimeout as sleep } from "node:timers/promises";

export interface WaitOptions {
  readonly timeoutMs?: number;
  readonly intervalMs?: number;
}

/**
 * The first truthy result of `condition`. Rejects after `timeoutMs` (default 30 s) naming `what`, the last result and
 * the last error; an error of the condition counts as "not yet".
 */
export async function waitFor<T>(
  what: string,
  condition: () => T | Promise<T>,
  options: WaitOptions = {},
): Promise<NonNullable<T>> {
  const { timeoutMs = 30_000, intervalMs = 10 } = options;
  const endMs = performance.now() + timeoutMs;
  let last = "nothing yet";
  for (;;) {
    try {
      const result = await condition();
      if (result) return result;
      last = `last result ${JSON.stringify(result)}`;
    } catch (error) {
      last = `last error ${String(error)}`;
    }
    if (performance.now() >= endMs) throw new Error(`waited ${timeoutMs} ms for ${what}: ${last}`);
    await sleep(intervalMs);
  }
}
