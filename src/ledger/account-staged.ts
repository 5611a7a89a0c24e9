// From staged windows into the ledger, in one transaction with the digests of the files they came from: a replay counts
// wholly and once, or not at all.

import type { StagedWindows } from "../buffer/staged-windows.ts";
import type { WindowUsage } from "../model/window.ts";
import type { Ledger } from "./ledger.ts";

export interface StagedReplay {
  readonly interface: string;
  readonly windowMs: number;
  /** Names of the networks that the staged usage refers to by index. */
  readonly networks: readonly string[];
  readonly files: readonly { readonly digest: string; readonly frames: number }[];
  readonly nowMs: number;
}

/** Accounts all staged windows, oldest first. Returns the bytes that came after their interval was pushed. */
export function accountStagedWindows(
  ledger: Ledger,
  stage: StagedWindows,
  replay: StagedReplay,
): { lateBytes: number } {
  return ledger.transaction(() => {
    const { interface: name, windowMs, networks, nowMs } = replay;
    let lateBytes = 0;
    for (const startMs of stage.starts()) {
      const endMs = startMs + windowMs;
      const { usage, totals, observedMs } = stage.window(startMs);
      const quality = { observedMs, droppedFrames: null, interfaceFrames: null, clockStepMs: 0 };
      const window: WindowUsage = { interface: name, source: null, startMs, endMs, networks, usage, totals, quality };
      // More of a window that still runs may follow in the next file.
      const result = endMs > nowMs ? ledger.hold(window) : ledger.close(window, { live: false });
      lateBytes += result.lateBytes;
    }
    lateBytes += ledger.settle({ endedByMs: nowMs, interface: name }).lateBytes;
    if (lateBytes > 0) ledger.sampleLate(name, nowMs);
    for (const file of replay.files) ledger.captureFiles.add({ ...file, interface: name, replayedMs: nowMs });
    return { lateBytes };
  });
}
