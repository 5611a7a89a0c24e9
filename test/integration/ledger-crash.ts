// What the crashing child counts and its parent expects.

import type { LedgerOptions } from "../../src/ledger/ledger.ts";
import { ledgerOptions, networkOf } from "../support/ledger-options.ts";
import type { Row } from "../support/window-usage.ts";

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

export function crashOptions(stateDir: string): LedgerOptions {
  return ledgerOptions(stateDir, { networks: [networkOf("acme", { billBy: "address" })] });
}
