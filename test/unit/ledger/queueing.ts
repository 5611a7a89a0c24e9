// A window queue on a ledger that answers by script.

import type { CommitResult } from "../../../src/ledger/ledger.ts";
import { type WindowLedger, WindowQueue } from "../../../src/ledger/window-queue.ts";
import type { WindowUsage } from "../../../src/model/window.ts";
import { windowUsage } from "../../support/window-usage.ts";
import { memoryLog } from "../ship/memory-log.ts";

export const LOST = "error: a window is lost: the ledger refused it";
export const STAYS = "warn: a window stays in the kernel: the ledger refused it";

const RESULT: CommitResult = {
  samples: 1,
  requests: 1,
  bytes: 1,
  lateBytes: 0,
  droppedSamples: { thinned: 0, dead_letter: 0, oldest: 0 },
  durationMs: 1,
  alreadyThere: false,
};
export const ALREADY_THERE: CommitResult = { ...RESULT, samples: 0, requests: 0, bytes: 0, alreadyThere: true };

export const windowOf = (number: number): WindowUsage =>
  windowUsage(number * 60_000, [{ ip: "192.0.2.1", bytesIn: 5 }]);
/** One that the kernel keeps until it is told that the ledger has it. */
export const keptWindowOf = (number: number, interfaceName = "eth0"): WindowUsage => ({
  ...windowOf(number),
  source: "5eed",
  interface: interfaceName,
});
export const numberOf = ({ startMs }: WindowUsage): number => startMs / 60_000;

/** A ledger whose answers a test gives one by one, or all alike. */
class ScriptedLedger implements WindowLedger {
  readonly calls: string[] = [];
  inFlight = 0;
  maxInFlight = 0;
  /** Answers of calls to come; without one, the window is committed. */
  readonly script: (Error | Promise<unknown> | CommitResult)[] = [];

  async call(method: "close" | "hold", window: WindowUsage, options?: { live: boolean }): Promise<CommitResult> {
    this.calls.push(`${method} ${numberOf(window)}${options?.live === true ? " live" : ""}`);
    this.inFlight += 1;
    this.maxInFlight = Math.max(this.maxInFlight, this.inFlight);
    const answer = this.script.shift();
    try {
      if (answer instanceof Error) throw answer;
      await answer;
    } finally {
      this.inFlight -= 1;
    }
    return answer && "alreadyThere" in answer ? answer : RESULT;
  }
}

export function queueOf() {
  const ledger = new ScriptedLedger();
  const stopping = new AbortController();
  const { log, lines, headlines } = memoryLog();
  const told: string[] = [];
  const queue = new WindowQueue({
    ledger,
    log,
    committed: (window, { alreadyThere }) => told.push(`${alreadyThere ? "known" : "committed"} ${numberOf(window)}`),
    failed: () => told.push("failed"),
    lost: (window) => told.push(`lost ${numberOf(window)}`),
    stopping: stopping.signal,
  });
  return { ledger, queue, stop: () => stopping.abort(), lines, headlines, told };
}

/** A promise and what settles it. */
export function gate(): { readonly opened: Promise<unknown>; readonly open: () => void; readonly refuse: () => void } {
  let open = (): void => undefined;
  let refuse = (): void => undefined;
  const opened = new Promise((resolve, reject) => {
    open = () => resolve(null);
    refuse = () => reject(new Error("busy"));
  });
  return { opened, open, refuse };
}
