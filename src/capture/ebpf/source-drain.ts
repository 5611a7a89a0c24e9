// From a source into the sink, window by window: read, hand over, wait until it is on disk, delete. A crash between any
// two of these steps is harmless, because the sink knows a window of a source that it already has.

import { ColumnGarbage } from "../../lib/column-garbage.ts";
import { USAGE_ROW_BYTES, type UsageColumns, type WindowUsage } from "../../model/window.ts";
import type { Log } from "../../telemetry/log.ts";
import type { CaptureMetrics } from "../capture-metrics.ts";
import type { WindowSink } from "../window-sink.ts";
import { programsInFlight } from "./in-flight.ts";
import type { KernelSource } from "./kernel-source.ts";
import { USAGE_KEY } from "./layout.ts";
import { type SourceTotals, windowTotals } from "./source-totals.ts";
import { WindowRows } from "./window-rows.ts";

/** A window of 40,000 addresses, with the keys by which it was deleted. */
const GARBAGE_BYTES = 3 * 1024 * 1024;

export interface DrainDependencies {
  readonly sink: WindowSink;
  readonly metrics: CaptureMetrics;
  readonly log: Log;
}

export class SourceDrain {
  readonly #source: KernelSource;
  readonly #deps: DrainDependencies;
  readonly #garbage = new ColumnGarbage(GARBAGE_BYTES);
  /** Of a source that an earlier agent left: the window that it may have begun to delete. Else null. */
  readonly #halfForgotten: number | null;
  #clockStep: { readonly from: number; readonly to: number; readonly stepMs: number } | null = null;

  constructor(source: KernelSource, deps: DrainDependencies, isFound = false) {
    this.#source = source;
    this.#deps = deps;
    this.#halfForgotten = isFound ? source.clock.nextWindow : null;
  }

  /** The clock was set by so much some time in these windows: they are marked when they are handed over. */
  markClockStep(from: number, to: number, stepMs: number): void {
    this.#clockStep = { from, to, stepMs };
  }

  /** Hands over every window that has ended. False where the sink refused one: it stays in the kernel. */
  async ended(): Promise<boolean> {
    const { clock } = this.#source;
    const end = clock.currentWindow();
    if (clock.nextWindow >= end) return true;
    if (clock.seal(end)) await programsInFlight();
    return this.#closed(end, Number.POSITIVE_INFINITY);
  }

  /** Hands over everything of a source that stopped counting at `endMs`. False as above. */
  async all(endMs: number): Promise<boolean> {
    const { clock } = this.#source;
    if (clock.attachedMs === 0) return true;
    await programsInFlight();
    const end = Math.max(clock.windowAt(endMs), clock.nextWindow);
    return (await this.#closed(end, endMs)) && this.#open(end, endMs);
  }

  /**
   * Windows from `from` on, of which the next source has more. Several where the program ran on after `endMs`, as it does
   * in one direction when an agent dies while it replaces a source.
   */
  async #open(from: number, endMs: number): Promise<boolean> {
    const last = Math.max(from, await this.#source.lastWindow());
    const rows = await this.#source.readRows(from, last + 1);
    for (let number = from; number <= last; number++) {
      const window = this.#window(number, rows.get(number), endMs);
      if (window.quality.observedMs === 0 && window.totals.frames === 0) continue;
      if (!(await this.#deps.sink.open(window))) return false;
      this.#count(window);
      await this.#forget(number, rows.get(number));
    }
    this.#reportBeyond(Number.POSITIVE_INFINITY);
    return true;
  }

  /** Windows up to, not including, `end`, of a source that counted until `endMs`. */
  async #closed(end: number, endMs: number): Promise<boolean> {
    const { clock } = this.#source;
    if (clock.nextWindow >= end) return true;
    const rows = await this.#source.readRows(clock.nextWindow, end);
    for (let number = clock.nextWindow; number < end; number++) {
      const window = this.#window(number, rows.get(number), endMs);
      if (!(await this.#deps.sink.closed(window))) return false;
      this.#count(window);
      await this.#forget(number, rows.get(number));
    }
    this.#reportBeyond(end);
    return true;
  }

  async #forget(number: number, rows: WindowRows | undefined): Promise<void> {
    await this.#source.forget(number, rows);
    this.#source.clock.harvested(number);
    this.#garbage.add((USAGE_ROW_BYTES + USAGE_KEY.bytes) * (rows?.length ?? 0));
  }

  #window(number: number, rows: WindowRows | undefined, sourceEndMs: number): WindowUsage {
    const { manifest, clock, id } = this.#source;
    const startMs = number * manifest.windowMs;
    const endMs = startMs + manifest.windowMs;
    const totals = this.#source.totals(number);
    const usage = (rows ?? new WindowRows()).columns();
    this.#check(number, usage, totals);
    const seenMs = Math.min(endMs, sourceEndMs) - Math.max(startMs, clock.attachedMs);
    const observedMs = this.#wasFull(number) ? 0 : Math.max(0, seenMs);
    const clockStepMs = this.#clockStepIn(number);
    const quality = { observedMs, droppedFrames: 0, interfaceFrames: null, clockStepMs };
    const { interface: name, networks } = manifest;
    return { interface: name, startMs, endMs, networks, usage, totals: windowTotals(totals), quality, source: id };
  }

  #clockStepIn(window: number): number {
    const step = this.#clockStep;
    return step && window >= step.from && window <= step.to ? step.stepMs : 0;
  }

  #count({ totals }: WindowUsage): void {
    const { manifest, usedEntries } = this.#source;
    this.#deps.metrics.add(manifest.interface, { totals, droppedFrames: 0, boundaryDelayMs: 0 });
    this.#deps.metrics.setMapUse(manifest.interface, usedEntries, 2 * manifest.maxAddresses);
  }

  /** Every byte of a window is in exactly one place: what the maps say must add up. */
  #check(window: number, usage: UsageColumns, totals: SourceTotals): void {
    let bytes = totals.unaccountedBytes;
    for (let row = 0; row < usage.length; row++) bytes += (usage.bytesIn[row] ?? 0) + (usage.bytesOut[row] ?? 0);
    const expected = totals.ipBytes + totals.internalBytes;
    const facts = { window_start: new Date(window * this.#source.manifest.windowMs).toISOString() };
    if (bytes !== expected && window !== this.#halfForgotten) {
      this.#deps.log.error({ ...facts, bytes, expected }, "the kernel's addresses and totals of a window disagree");
    }
    if (totals.homelessBytes > 0) {
      const lost = { ...facts, bytes: totals.homelessBytes, packets: totals.homelessPackets };
      this.#deps.log.error(lost, "the kernel's maps were full: bytes of accounted networks are in unaccounted");
    }
  }

  /** Whether packets of the window may have found no slot. */
  #wasFull(window: number): boolean {
    const beyond = this.#source.beyond();
    return beyond !== null && window >= beyond.firstWindow && window <= beyond.lastWindow;
  }

  /** Once its windows, all before `end`, are handed over: they are marked by it. */
  #reportBeyond(end: number): void {
    const beyond = this.#source.beyond();
    if (beyond === null || beyond.lastWindow >= end) return;
    const { ipPackets: packets, ipBytes: bytes, firstWindow, lastWindow } = beyond;
    const at = (window: number): string => new Date(window * this.#source.manifest.windowMs).toISOString();
    const facts = { packets, bytes, from: at(firstWindow), to: at(lastWindow + 1) };
    this.#deps.log.error(facts, "gap: the kernel had no room for more windows while the agent was away");
    this.#source.forgetBeyond();
  }
}
