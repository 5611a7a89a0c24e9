// A real ledger in a folder of the test's own, and samples told by the seconds since its epoch.

import { Ledger } from "../../../src/ledger/ledger.ts";
import type { LedgerOptions } from "../../../src/ledger/ledger-options.ts";
import { ledgerOptions, type Sample, takeSamples } from "../../support/ledger-options.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { type Row, windowUsage } from "../../support/window-usage.ts";
import type { WindowUsage } from "../../../src/model/window.ts";

/** The start of a billing interval: 2026-10-15 12:00 UTC. */
export const EPOCH_MS = Date.UTC(2026, 9, 15, 12);

/** The time stamp of what ends `seconds` after the epoch. */
export const stamp = (seconds: number): number => EPOCH_MS + seconds * 1_000 - 1;

/** A 60 s window that starts `seconds` after the epoch. */
export function at(seconds: number, rows: readonly Row[] = [], changes: Partial<WindowUsage> = {}): WindowUsage {
  return windowUsage(EPOCH_MS + seconds * 1_000, rows, changes);
}

export interface Accounting extends AsyncDisposable {
  readonly stateDir: string;
  /** Opens the ledger (again, as a restarted agent does), and takes on `changes` for good. */
  open(changes?: Partial<LedgerOptions>): Ledger;
  /** The options of the last open. */
  options(): LedgerOptions;
}

export async function accounting(): Promise<Accounting> {
  const folder = await tempFolder();
  let options = ledgerOptions(folder.path);
  let ledger: Ledger | null = null;
  return {
    stateDir: folder.path,
    open(changes = {}) {
      ledger?.[Symbol.dispose]();
      options = { ...options, ...changes };
      ledger = new Ledger(options);
      return ledger;
    },
    options: () => options,
    async [Symbol.asyncDispose]() {
      ledger?.[Symbol.dispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** Closes windows as live capture does and takes the samples that came of them. */
export function closeLive(ledger: Ledger, ...windows: readonly WindowUsage[]): Sample[] {
  for (const window of windows) ledger.close(window, { live: true });
  return takeSamples(ledger);
}

/** `[stamp, value]` of the samples of a metric that have all of `labels`, in order; stamps in seconds after the epoch. */
export function valuesOf(samples: readonly Sample[], name: string, labels: Record<string, string> = {}) {
  return samples
    .filter((sample) => sample.name === name)
    .filter((sample) => Object.entries(labels).every(([key, value]) => sample.labels[key] === value))
    .map(({ timeMs, value }) => [(timeMs + 1 - EPOCH_MS) / 1_000, value]);
}

/** Bytes of direction `in` of an address: the counter that most tests look at. */
export function bytesIn(samples: readonly Sample[], ip: string, labels: Record<string, string> = {}) {
  return valuesOf(samples, "acct_bytes_total", { ip, direction: "in", ...labels });
}
