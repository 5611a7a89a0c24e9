// The wait for the next run of a cron schedule.

import { Cron } from "croner";

/** Resolves at the next run of `pattern` (croner, seconds first, UTC), or at once when `signal` aborts. */
export function nextRun(pattern: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      job.stop();
      signal.removeEventListener("abort", end);
      resolve();
    };
    // One run at a time: the next is planned when the work of this one is done, so runs never overlap.
    const job = new Cron(pattern, { timezone: "UTC", maxRuns: 1 }, end);
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
  });
}
