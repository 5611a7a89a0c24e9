// How long to wait after a push that was not accepted.

import type { Outcome } from "./outcome.ts";

const FIRST_MS = 1000;
const LIMIT_MS = 60_000;
const JITTER = 0.1;
/** Operator errors are probed at this pace. */
const PROBE_MS = 60_000;

/** What an endpoint waits after. */
export type Refusal = Extract<Outcome, { kind: "retry" | "hold" }>;

/**
 * Milliseconds until the next attempt. `failures` counts those of this push so far, this one included; `random` is
 * in [0, 1). A retry backs off from 1 s by doubling to 60 s, give or take 10 %; a Retry-After wins over it.
 */
export function waitAfterMs(outcome: Refusal, failures: number, random: number): number {
  if (outcome.kind !== "retry") return PROBE_MS;
  if (outcome.retryAfterMs !== null) return outcome.retryAfterMs;
  const backoffMs = Math.min(LIMIT_MS, FIRST_MS * 2 ** (failures - 1));
  return Math.round(backoffMs * (1 + JITTER * (2 * random - 1)));
}
