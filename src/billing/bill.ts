// A bill: the figures of one contract in one month, and how they came about. Times are milliseconds since the epoch,
// bytes those of one billing interval, rates bits a second (bytes x 8 / 300).

import type { Contract } from "../model/contract.ts";

/** `final` and `corrected` bills are stored and never change; a corrected one takes the place of an earlier version. */
export type BillStatus = "provisional" | "final" | "corrected";

export interface Charge {
  readonly currency: string;
  /** Decimal text with the currency's own digits: "1500.00" EUR, "1500" JPY. */
  readonly amount: string;
}

/** Consecutive intervals `[startMs, endMs)` that an expected series lacks. */
export interface Gap {
  readonly startMs: number;
  readonly endMs: number;
}

export interface Bill {
  readonly contract: Contract;
  /** `2026-10`. */
  readonly period: string;
  readonly status: BillStatus;
  /** 1 for a final bill, 2 and up for corrected ones; null for a provisional bill, which is not stored. */
  readonly version: number | null;
  /** The version that a corrected bill takes the place of. */
  readonly corrects: number | null;
  /**
   * Of the intervals that a stored bill was made of, as `intervalsSha256` in interval-digest.ts has it. Null for a provisional bill:
   * the digest costs ten times the figures.
   */
  readonly intervalsSha256: string | null;
  /** The time that N counts: the month or the contract's part of it, to date for one that is not over. */
  readonly fromMs: number;
  readonly toMs: number;
  /** N: intervals from `fromMs` to `toMs`; with gaps excluded, those that are left are `ranked`. */
  readonly intervalsExpected: number;
  /** Intervals in which any series was observed. */
  readonly intervalsObserved: number;
  /** Intervals present over those expected of all series, 0 to 1. */
  readonly coverage: number;
  readonly gaps: readonly Gap[];
  readonly completeness: number | null;
  /** Intervals that the percentile was taken of: N, or without gaps. */
  readonly ranked: number;
  /** floor(ranked x (1000 - per mille) / 1000). */
  readonly discarded: number;
  /** From the top: discarded + 1. */
  readonly rank: number;
  readonly p95InBytes: number;
  readonly p95OutBytes: number;
  /** The percentile that is billed, before rounding. */
  readonly billableBytes: number;
  /** After rounding. */
  readonly billableBps: number;
  readonly billableDirection: "in" | "out" | "both";
  /** Start of the billed interval, the earliest of several; null where there is none alone. */
  readonly billableAtMs: number | null;
  readonly averageInBps: number;
  readonly averageOutBps: number;
  readonly maxInBps: number;
  readonly maxOutBps: number;
  /** Exact beyond 2^53. */
  readonly totalBytesIn: bigint;
  readonly totalBytesOut: bigint;
  readonly commitBps: number | null;
  /** What exceeds the commit after rounding; null without a commit. */
  readonly overageBps: number | null;
  /** Intervals of the billed value's series above the commit; null without a commit. */
  readonly intervalsAboveCommit: number | null;
  /** Intervals that may still exceed the commit: floor of the whole month's N less those that do; null without a commit. */
  readonly burstIntervalsLeft: number | null;
  readonly charge: Charge | null;
  readonly projection: Projection | null;
}

/** What a month that is not over may come to, in bits a second before rounding. */
export interface Projection {
  /** Nothing more passes. */
  readonly bestBps: number;
  /** The rest is as what was so far. */
  readonly sameBps: number;
  /** The rest is at the maximum so far. */
  readonly worstBps: number;
}
