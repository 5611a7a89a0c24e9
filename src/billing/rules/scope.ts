// What a recorded figure is about: the series of a contract or a network, and the rule that they are ranked by.

import { Calendar } from "../../model/calendar.ts";
import type { Aggregation, Contract, GapPolicy } from "../../model/contract.ts";
import type { Labels } from "../../model/network.ts";
import { selector } from "./promql.ts";

export interface Scope {
  /** Labels of the series, the time zone among them. */
  readonly labels: Labels;
  readonly perMille: number;
  readonly aggregation: Aggregation;
  readonly gaps: GapPolicy;
  /** The contract's time, in seconds since the epoch, half open; null where it began or ends beyond what is recorded. */
  readonly startSeconds: number | null;
  readonly endSeconds: number | null;
  /** Whether N counts the contract's time alone. */
  readonly isClipped: boolean;
}

/** A start this long ago is before all months that are recorded. */
const LONG_AGO_MS = 100 * 86_400_000;

export function contractScope(contract: Contract, nowMs: number): Scope {
  const { timeZone, starts, ends, percentilePerMille: perMille, aggregation, gaps, partialMonths } = contract;
  const calendar = new Calendar(timeZone);
  const startMs = starts === null ? null : calendar.startOfDay(starts);
  const endMs = ends === null ? null : calendar.startOfDay(dayAfter(ends));
  return {
    labels: { ...contract.selector, time_zone: timeZone },
    perMille,
    aggregation,
    gaps,
    startSeconds: startMs === null || startMs < nowMs - LONG_AGO_MS ? null : startMs / 1000,
    endSeconds: endMs === null ? null : endMs / 1000,
    isClipped: partialMonths !== "whole_month",
  };
}

/** A network by the rule of a contract, whatever the contract's dates and its other networks. */
export function networkScope(network: string, contract: Contract): Scope {
  const { timeZone, percentilePerMille: perMille, gaps } = contract;
  const labels = { network, time_zone: timeZone };
  const dates = { startSeconds: null, endSeconds: null, isClipped: false };
  return { labels, perMille, aggregation: "percentile_of_sum", gaps, ...dates };
}

/** The billing intervals of a scope, of one direction or both. */
export function intervalsOf({ labels }: Scope, direction?: "in" | "out"): string {
  return selector("acct_interval_bytes", direction === undefined ? labels : { ...labels, direction });
}

export function hasDates({ startSeconds, endSeconds }: Scope): boolean {
  return startSeconds !== null || endSeconds !== null;
}

function dayAfter(date: string): string {
  return new Date(Date.parse(date) + 86_400_000).toISOString().slice(0, 10);
}
