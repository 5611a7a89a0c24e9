// struct totals of program.bpf.c, summed over CPUs.

import type { WindowTotals } from "../../model/window.ts";
import { TOTALS_BYTES, TOTALS_WORDS } from "./layout.ts";

/** Counters are exact up to 2^53; `lastNs` (since the epoch) to a quarter of a microsecond. */
export type SourceTotals = { [Name in (typeof TOTALS_WORDS)[number]]: number };

export function zeroTotals(): SourceTotals {
  return Object.assign({}, ...TOTALS_WORDS.map((name) => ({ [name]: 0 })));
}

/** Adds what one CPU has of a window, or of whatever window it is (null). */
export function addTotalsValue(sum: SourceTotals, value: Buffer, cpu: number, window: number | null): void {
  const at = (index: number): number => Number(value.readBigUInt64LE(cpu * TOTALS_BYTES + index * 8));
  if (window !== null && at(TOTALS_WORDS.indexOf("window")) !== window) return;
  for (const [index, name] of TOTALS_WORDS.entries()) sum[name] = combine(name, sum[name], at(index));
}

function combine(name: (typeof TOTALS_WORDS)[number], a: number, b: number): number {
  if (name === "window" || name === "lastNs" || name === "lastWindow") return Math.max(a, b);
  if (name !== "firstWindow") return a + b;
  return a === 0 || b === 0 ? Math.max(a, b) : Math.min(a, b);
}

/** The part of it that every backend tells. */
export function windowTotals(totals: SourceTotals): WindowTotals {
  const { ipPackets, ipBytes, unaccountedPackets, unaccountedBytes, internalPackets, internalBytes } = totals;
  const { overflowPackets, overflowBytes, nonIpFrames, parseFailures } = totals;
  return {
    frames: ipPackets + nonIpFrames + parseFailures,
    ipPackets,
    ipBytes,
    unaccountedPackets,
    unaccountedBytes,
    internalPackets,
    internalBytes,
    overflowPackets,
    overflowBytes,
    nonIpFrames,
    parseFailures,
  };
}
