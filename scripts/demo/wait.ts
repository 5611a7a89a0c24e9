// Waiting that ends with the demonstration.

import { setTimeout as delay } from "node:timers/promises";

const POLL_MS = 100;

export interface Patience {
  readonly signal: AbortSignal;
  /** Default 60 s. */
  readonly timeoutMs?: number;
}

/** Resolves after that time; rejects when the signal aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(Math.max(0, ms), undefined, { signal });
}

/**
 * The first result of `condition` that is not null. Rejects when the signal aborts, or after the time, saying what was
 * waited for; an error of the condition means "not yet".
 */
export async function until<T>(
  what: string,
  condition: () => Promise<T | null> | T | null,
  { signal, timeoutMs = 60_000 }: Patience,
): Promise<T> {
  const endMs = performance.now() + timeoutMs;
  let last: unknown = null;
  for (;;) {
    signal.throwIfAborted();
    try {
      const result = await condition();
      if (result !== null) return result;
    } catch (error) {
      last = error;
    }
    if (performance.now() > endMs) throw new Error(`waited ${timeoutMs / 1000} s for ${what}`, { cause: last });
    await pause(POLL_MS, signal);
  }
}
