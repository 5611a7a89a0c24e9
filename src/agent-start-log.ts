// What the log says of the time between two runs of an agent.

import type { LastWindow } from "./buffer/last-windows.ts";
import type { LedgerOpening } from "./buffer/own-ledger.ts";
import type { Log } from "./telemetry/log.ts";

const SET_ASIDE =
  "the ledger was damaged and is set aside: an empty one is in use, counters start again from 0, and what was not delivered is only in that file";
const CHECKED = "the run before did not end cleanly: every page of the ledger was checked, and is sound";

/** Says what the state of the ledger's file was, where it was not as a clean end leaves it. */
export function reportOpening(log: Log, { check, setAside }: LedgerOpening): void {
  if (setAside) log.error({ set_aside: setAside.path, damage: setAside.damage }, SET_ASIDE);
  else if (check) log.info({ bytes: check.bytes, duration_ms: check.durationMs }, CHECKED);
}

/** Says since when nothing was observed on an interface: the time between two runs is a gap, not a silence. */
export function reportGap(log: Log, last: LastWindow, nowMs: number): void {
  const { interface: name, startMs, endMs, observedMs, closed } = last;
  // A window that a stop left open was observed from its start, as far as is known.
  const fromMs = closed === 1 ? endMs : Math.min(endMs, startMs + observedMs);
  const gap = { interface: name, from: new Date(fromMs).toISOString(), gap_ms: nowMs - fromMs };
  log.warn(gap, "gap: traffic since the run before was not observed");
}
