// The last 24 hours in billing intervals, and who used what in the one that runs. What cannot have changed since it was
// read is kept: of each later window only the youngest intervals are read.

import {
  intervalsIn,
  type ReadInterface,
  type ReadNetwork,
  storedInterfaces,
  storedNetworks,
  windowsIn,
} from "../buffer/recent-usage.ts";
import type { Database } from "../buffer/database.ts";
import { BILLING_INTERVAL_MS, floorTo } from "../model/time.ts";
import { completenessOf } from "../model/window.ts";
import type { DayUsage } from "./usage.ts";
import type { UsageSettings } from "./usage-settings.ts";

/** Bytes in the configured layer. */
export interface Bytes {
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** What the ledger had at one moment. */
export interface DayState {
  readonly readMs: number;
  /** Start of the billing interval that runs. */
  readonly runningMs: number;
  readonly day: DayUsage;
  /** By the network's name: what it has in the running interval; all with an interval of the last 24 hours. */
  readonly running: ReadonlyMap<string, Bytes>;
  readonly networks: readonly ReadNetwork[];
  readonly interfaces: readonly ReadInterface[];
}

/** Of an interface in an interval: milliseconds of its windows, and how much of them was seen. */
interface Seen {
  coveredMs: number;
  seenMs: number;
}

interface Slot {
  bytesIn: number;
  bytesOut: number;
  /** By the interface's id. */
  readonly seen: Map<number, Seen>;
}

const INTERVALS = 288;
/** Usage comes up to ten minutes late: so much is read again with each window. */
const YOUNG_INTERVALS = 3;
/** Windows can be added to any time, by replay: all is read again now and then. */
const WHOLE_MS = 3_600_000;
/** A window is committed by then. */
const LATE_MS = 30_000;

export class Day {
  readonly #slots = new Map<number, Slot>();
  readonly #active = new Set<number>();
  #readMs = 0;
  #wholeMs = 0;

  /** Brings the day up to date from a snapshot. */
  read(database: Database, settings: UsageSettings, nowMs: number): DayState {
    const runningMs = floorTo(nowMs, BILLING_INTERVAL_MS);
    const firstMs = runningMs - (INTERVALS - 1) * BILLING_INTERVAL_MS;
    const startMs = this.#rereadFrom(firstMs, nowMs);
    for (const timeMs of this.#slots.keys()) if (timeMs < firstMs || timeMs >= startMs) this.#slots.delete(timeMs);
    const range = { startMs, endMs: runningMs + BILLING_INTERVAL_MS };
    this.#readWindows(database, range);
    const running = this.#readIntervals(database, range, settings.overheadPerPacket);
    this.#readMs = nowMs;
    const networks = storedNetworks(database);
    const interfaces = storedInterfaces(database);
    const names = new Map(networks.map(({ id, name }) => [id, name]));
    return {
      readMs: nowMs,
      runningMs,
      day: this.#usage({ firstMs, nowMs, settings, interfaces }),
      running: new Map([...this.#active].map((id) => [names.get(id) ?? "", running.get(id) ?? NOTHING])),
      networks,
      interfaces,
    };
  }

  #rereadFrom(firstMs: number, nowMs: number): number {
    const isWhole = nowMs - this.#wholeMs >= WHOLE_MS || nowMs < this.#readMs;
    if (isWhole) {
      this.#wholeMs = nowMs;
      this.#active.clear();
      return firstMs;
    }
    const youngMs = floorTo(this.#readMs, BILLING_INTERVAL_MS) - YOUNG_INTERVALS * BILLING_INTERVAL_MS;
    return Math.max(firstMs, youngMs);
  }

  #slot(timeMs: number): Slot {
    const startMs = floorTo(timeMs, BILLING_INTERVAL_MS);
    const slot = this.#slots.get(startMs) ?? { bytesIn: 0, bytesOut: 0, seen: new Map() };
    this.#slots.set(startMs, slot);
    return slot;
  }

  #readWindows(database: Database, range: { readonly startMs: number; readonly endMs: number }): void {
    for (const { interface: id, startMs, endMs, frames, ...quality } of windowsIn(database, range)) {
      const { seen } = this.#slot(startMs);
      const one = seen.get(id) ?? { coveredMs: 0, seenMs: 0 };
      one.coveredMs += endMs - startMs;
      one.seenMs += completenessOf(endMs - startMs, { frames }, quality) * (endMs - startMs);
      seen.set(id, one);
    }
  }

  /** Returns the bytes of the last interval of the range, by network. */
  #readIntervals(
    database: Database,
    range: { readonly startMs: number; readonly endMs: number },
    overheadPerPacket: number,
  ): ReadonlyMap<number, Bytes> {
    const running = new Map<number, { bytesIn: number; bytesOut: number }>();
    for (const { network, startMs, bytesIn, bytesOut } of intervalsIn(database, range, overheadPerPacket)) {
      this.#active.add(network);
      const slot = this.#slot(startMs);
      slot.bytesIn += bytesIn;
      slot.bytesOut += bytesOut;
      if (startMs !== range.endMs - BILLING_INTERVAL_MS) continue;
      const sum = running.get(network) ?? { bytesIn: 0, bytesOut: 0 };
      sum.bytesIn += bytesIn;
      sum.bytesOut += bytesOut;
      running.set(network, sum);
    }
    return running;
  }

  #usage({ firstMs, nowMs, settings, interfaces }: DayView): DayUsage {
    const expected = interfaces.filter(({ name }) => settings.interfaces.includes(name));
    const starts = Array.from({ length: INTERVALS }, (_, index) => firstMs + index * BILLING_INTERVAL_MS);
    const figures = starts.map((startMs) => {
      const isYoung = nowMs < startMs + BILLING_INTERVAL_MS + settings.windowMs + LATE_MS;
      const ids = expected.filter(({ firstWindowMs }) => (firstWindowMs ?? Infinity) <= startMs).map(({ id }) => id);
      return figuresOf(this.#slots.get(startMs), isYoung, ids);
    });
    return {
      start: new Date(firstMs).toISOString(),
      interval_seconds: BILLING_INTERVAL_MS / 1000,
      in_bps: figures.map(({ inBps }) => inBps),
      out_bps: figures.map(({ outBps }) => outBps),
      completeness: figures.map(({ completeness }) => completeness),
    };
  }
}

interface DayView {
  readonly firstMs: number;
  readonly nowMs: number;
  readonly settings: UsageSettings;
  readonly interfaces: readonly ReadInterface[];
}

const NOTHING: Bytes = { bytesIn: 0, bytesOut: 0 };
const NOT_OBSERVED = { inBps: null, outBps: null, completeness: null };

/** Of a young interval windows are still to come: its rate and completeness are those of the part that is committed. */
function figuresOf(slot: Slot | undefined, isYoung: boolean, expected: readonly number[]) {
  if (slot === undefined || slot.seen.size === 0) return NOT_OBSERVED;
  const { bytesIn, bytesOut, seen } = slot;
  const coveredMs = Math.max(...[...seen.values()].map((one) => one.coveredMs));
  const lengthMs = isYoung ? Math.min(coveredMs, BILLING_INTERVAL_MS) : BILLING_INTERVAL_MS;
  const missing = isYoung ? 0 : expected.filter((id) => !seen.has(id)).length;
  const ratios = [...seen.values()].map((one) => one.seenMs / (isYoung ? one.coveredMs : BILLING_INTERVAL_MS));
  const completeness = ratios.reduce((sum, ratio) => sum + ratio, 0) / (ratios.length + missing);
  const bps = (bytes: number): number => (bytes * 8_000) / lengthMs;
  return { inBps: bps(bytesIn), outBps: bps(bytesOut), completeness };
}
