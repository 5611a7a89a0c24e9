// The time that a bill is about: the contract's part of a calendar month in its zone, to date for a month that is not over.

import { Calendar, type Month } from "../model/calendar.ts";
import type { Contract } from "../model/contract.ts";
import { BILLING_INTERVAL_MS, floorTo } from "../model/time.ts";
import type { UsageSelection } from "./interval-series.ts";

/** All instants are milliseconds since the epoch on the billing grid; ranges are half open. */
export interface BillPeriod {
  readonly month: Month;
  /** The time that N counts, up to the last interval that has ended. */
  readonly startMs: number;
  readonly endMs: number;
  /** Where `endMs` comes to lie once the period is over. */
  readonly finalEndMs: number;
  readonly isOver: boolean;
  /** The contract's part of `[startMs, finalEndMs)`; what passes outside of it is not billed. */
  readonly coveredStartMs: number;
  readonly coveredEndMs: number;
  /** Calendar days of the month that the contract covers, and all of them. */
  readonly daysCovered: number;
  readonly daysInMonth: number;
}

/**
 * The period of `contract` in `month`, `YYYY-MM`; null where the contract has no day in that month, or its first one there
 * is still to come.
 */
export function billPeriod(contract: Contract, month: string, nowMs: number): BillPeriod | null {
  const calendar = new Calendar(contract.timeZone);
  const whole = calendar.month(month.replace("-", ""));
  const days = coveredDays(contract, month);
  if (days.first > days.last) return null;
  const coveredStartMs = days.first === 1 ? whole.startMs : calendar.startOfDay(dayText(month, days.first));
  const coveredEndMs = days.last === days.inMonth ? whole.endMs : calendar.startOfDay(dayText(month, days.last + 1));
  if (nowMs < coveredStartMs) return null;
  const clipped = contract.partialMonths !== "whole_month";
  const startMs = clipped ? coveredStartMs : whole.startMs;
  const finalEndMs = clipped ? coveredEndMs : whole.endMs;
  const endMs = Math.min(finalEndMs, floorTo(nowMs, BILLING_INTERVAL_MS));
  return {
    month: whole,
    startMs,
    endMs,
    finalEndMs,
    isOver: endMs === finalEndMs,
    coveredStartMs,
    coveredEndMs,
    daysCovered: days.last - days.first + 1,
    daysInMonth: days.inMonth,
  };
}

/** Which month to bill, and as of when. */
export interface BillMonth {
  /** `YYYY-MM`; null for the month that each contract's zone is in. */
  readonly month: string | null;
  readonly nowMs: number;
}

/** What to ask a source of usage for. */
export function usageSelection(contract: Contract, period: BillPeriod): UsageSelection {
  return {
    selector: contract.selector,
    timeZone: contract.timeZone,
    period: period.month.period,
    startMs: period.coveredStartMs,
    endMs: Math.min(period.endMs, period.coveredEndMs),
  };
}

/** The month that an instant is in, `YYYY-MM` in a zone. */
export function monthAt(timeZone: string, timeMs: number): string {
  return monthText(new Calendar(timeZone).monthAt(timeMs).period);
}

/** The month before `month`, both `YYYY-MM`. */
export function monthBefore(month: string): string {
  const { year, monthOfYear } = partsOf(month);
  return new Date(Date.UTC(year, monthOfYear - 2, 1)).toISOString().slice(0, 7);
}

/** The month after `month`, both `YYYY-MM`. */
export function monthAfter(month: string): string {
  const { year, monthOfYear } = partsOf(month);
  return new Date(Date.UTC(year, monthOfYear, 1)).toISOString().slice(0, 7);
}

/** `2026-10` of the period label `202610`. */
export function monthText(period: string): string {
  return `${period.slice(0, 4)}-${period.slice(4)}`;
}

/** Days of the month from 1 on, both included; `first` is beyond `last` where there are none. */
function coveredDays({ starts, ends }: Contract, month: string): { first: number; last: number; inMonth: number } {
  const { year, monthOfYear } = partsOf(month);
  const inMonth = new Date(Date.UTC(year, monthOfYear, 0)).getUTCDate();
  const first = starts === null || starts < dayText(month, 1) ? 1 : dayIn(month, starts, inMonth + 1);
  const last = ends === null || ends > dayText(month, inMonth) ? inMonth : dayIn(month, ends, 0);
  return { first, last, inMonth };
}

function dayIn(month: string, date: string, outside: number): number {
  return date.startsWith(month) ? Number(date.slice(8)) : outside;
}

function dayText(month: string, day: number): string {
  return `${month}-${String(day).padStart(2, "0")}`;
}

function partsOf(month: string): { year: number; monthOfYear: number } {
  return { year: Number(month.slice(0, 4)), monthOfYear: Number(month.slice(5)) };
}
