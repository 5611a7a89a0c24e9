// What the crashing child counts and its parent expects.

import type { CommitResult, Ledger } from "../../src/ledger/ledger.ts";
import type { LedgerOptions } from "../../src/ledger/ledger-options.ts";
import { ledgerOptions, networkOf } from "../support/ledger-options.ts";
import { type Row, windowUsage } from "../support/window-usage.ts";

export const HOSTS = 300;

/** Every window has figures of its own, so that a sum tells which windows are in it. */
export function rowsOf(number: number): Row[] {
  return Array.from({ length: HOSTS }, (_, host) => ({
    ip: `10.0.${host >> 8}.${host & 255}`,
    bytesIn: number ** 2 * 1_000 + host,
    packetsIn: 1,
  }));
}

export function isHeldFirst(number: number): boolean {
  return number % 4 === 3;
}

/** What hands the windows over: capture that forgets them, or kernel maps, of which a second one takes over at times. */
export type Origin = "capture" | "kernel";

/** Hands window `number` over: every fourth is held before another source closes it. */
export function offer(ledger: Ledger, number: number, origin: Origin): readonly CommitResult[] {
  const window = (rows: readonly Row[], source: string) =>
    windowUsage(number * 60_000, rows, { source: origin === "kernel" ? source : null });
  if (!isHeldFirst(number)) return [ledger.close(window(rowsOf(number), "current"), { live: true })];
  return [ledger.hold(window(rowsOf(number), "old")), ledger.close(window([], "current"), { live: true })];
}

export function crashOptions(stateDir: string): LedgerOptions {
  return ledgerOptions(stateDir, { networks: [networkOf("acme", { billBy: "address" })] });
}
