// Rates of billing intervals in bits a second: bytes x 8 / 300, and what the contract's rounding makes of the billed one.

import { excess, type Fraction, multiply, round, toNumber, whole } from "../lib/fraction.ts";
import type { Contract } from "../model/contract.ts";
import { BILLING_INTERVAL_MS } from "../model/time.ts";

const INTERVAL_SECONDS = BILLING_INTERVAL_MS / 1000;

/** Bits a second of the bytes of one interval, as JSON shows them. */
export function bpsOf(bytes: number): number {
  return (bytes * 8) / INTERVAL_SECONDS;
}

/** The exact billable rate of the billed bytes, after rounding. */
export function billableRate(bytes: number, rounding: Contract["rounding"]): Fraction {
  const rate = { num: BigInt(bytes) * 8n, den: BigInt(INTERVAL_SECONDS) };
  if (rounding === null) return rate;
  const step = BigInt(rounding.stepBps);
  const steps = round(multiply(rate, { num: 1n, den: step }), rounding.mode);
  return whole(steps * step);
}

/** What a rate exceeds the commit by, bits a second; null without a commit. */
export function overageBps(rate: Fraction, commitBps: number | null): number | null {
  return commitBps === null ? null : toNumber(excess(rate, whole(commitBps)));
}

/** The most bytes that an interval can have without exceeding a rate. */
export function bytesAt(bps: number): number {
  return Number((BigInt(bps) * BigInt(INTERVAL_SECONDS)) / 8n);
}
