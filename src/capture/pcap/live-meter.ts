// Meters one interface into windows while packets arrive, inside the capture child. The end of a window is a count of
// accepted packets, read when the clock passes it: packets that wait in the ring stay in the window they came in.
// Every second, and at each window's end, the counts so far leave as a part; a part leaves exactly once.

import type { Network } from "../../model/network.ts";
import { floorTo } from "../../model/time.ts";
import type { UsageColumns, WindowTotals } from "../../model/window.ts";
import type { DecodedFrame } from "../decoded-frame.ts";
import { Meter } from "../meter.ts";
import { NetworkTable } from "../network-table.ts";
import type { SocketCounts } from "./packet-socket.ts";

/** A stretch of one window: everything counted since the part before. */
export interface WindowPart {
  readonly startMs: number;
  readonly endMs: number;
  /** The part covers the window's time from `fromMs` to `toMs`. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Nothing more of this window follows. */
  readonly last: boolean;
  /** Which configured list of networks the usage refers to. */
  readonly networksVersion: number;
  readonly usage: UsageColumns;
  readonly totals: WindowTotals;
  readonly droppedFrames: number | null;
  readonly interfaceFrames: number | null;
  /** How long after the window's end its last packet was told: traffic of that time counts to this window. */
  readonly boundaryDelayMs: number;
}

export interface LiveMeterOptions {
  readonly windowMs: number;
  readonly maxAddresses: number;
  readonly networks: readonly Network[];
  /** The first parts' `networksVersion`. */
  readonly networksVersion: number;
}

export interface LiveMeterDependencies {
  /** The socket's counts; null where they do not match what is delivered (loopback shows each packet twice). */
  readonly counts: () => SocketCounts | null;
  /** Frames by the interface's own counters, null where it has none. */
  readonly interfaceFrames: () => number | null;
  readonly emit: (part: WindowPart) => void;
}

/** What the kernel had counted at a moment. */
interface Reading {
  readonly atMs: number;
  readonly counts: SocketCounts | null;
  readonly interfaceFrames: number | null;
}

const PART_INTERVAL_MS = 1_000;
/** A block of the ring is handed over a second after its first packet at the latest; so much later nothing is in it. */
const RING_DELAY_MS = 1_500;

export class LiveMeter {
  readonly #options: LiveMeterOptions;
  readonly #deps: LiveMeterDependencies;
  #meter: Meter;
  #networksVersion: number;
  #next: { version: number; meter: Meter } | null = null;
  #startMs: number;
  #partFromMs: number;
  #nextPartMs: number;
  #delivered = 0;
  /** Taken when the clock passed the window's end; the window's last packets may still be in the ring. */
  #boundary: Reading | null = null;
  #boundaryOrdinal = Number.POSITIVE_INFINITY;
  #overdueTicks = 0;
  #before: Reading;

  constructor(options: LiveMeterOptions, deps: LiveMeterDependencies, nowMs: number) {
    this.#options = options;
    this.#deps = deps;
    this.#meter = new Meter(new NetworkTable(options.networks), options.maxAddresses);
    this.#networksVersion = options.networksVersion;
    this.#startMs = floorTo(nowMs, options.windowMs);
    this.#partFromMs = nowMs;
    this.#nextPartMs = nowMs + PART_INTERVAL_MS;
    this.#before = this.#read(nowMs);
  }

  get endMs(): number {
    return this.#startMs + this.#options.windowMs;
  }

  /** Frames delivered so far. */
  get delivered(): number {
    return this.#delivered;
  }

  /** Counts one frame. The hot path. */
  packet(frame: DecodedFrame): void {
    this.#meter.count(frame);
    this.#delivered++;
    if (this.#boundary && this.#delivered >= this.#boundaryOrdinal) this.#roll(this.#boundary);
  }

  /**
   * Looks at the clock: every few packets, and by timer. `idle` says that the call comes from the event loop, which a
   * full ring keeps from turning.
   */
  tick(nowMs: number, idle: boolean): void {
    if (this.#boundary) {
      if (idle) this.#checkOverdue(this.#boundary, nowMs);
    } else if (nowMs >= this.endMs || nowMs < this.#startMs) {
      this.#setBoundary(nowMs);
    } else if (nowMs >= this.#nextPartMs) {
      this.#emitPart(this.#read(nowMs), false);
    }
  }

  /** Uses other networks from the next window on. */
  reload(version: number, networks: readonly Network[]): void {
    this.#next = { version, meter: new Meter(new NetworkTable(networks), this.#options.maxAddresses) };
  }

  /** Ends metering: nothing more is delivered. The open window leaves as a part that is not its last. */
  finish(stoppedMs: number): void {
    if (this.#boundary) this.#roll(this.#boundary);
    if (stoppedMs >= this.endMs) this.#roll(this.#read(stoppedMs));
    this.#emitPart(this.#read(Math.max(stoppedMs, this.#partFromMs)), false);
  }

  #setBoundary(nowMs: number): void {
    const boundary = this.#read(nowMs);
    this.#boundary = boundary;
    this.#boundaryOrdinal = boundary.counts?.accepted ?? this.#delivered;
    this.#overdueTicks = 0;
    if (this.#delivered >= this.#boundaryOrdinal) this.#roll(boundary);
  }

  #read(atMs: number): Reading {
    return { atMs, counts: this.#deps.counts(), interfaceFrames: this.#deps.interfaceFrames() };
  }

  /** Counts can only disagree where the kernel's and libpcap's idea of a packet differ; the window must end all the same. */
  #checkOverdue(boundary: Reading, nowMs: number): void {
    if (nowMs < boundary.atMs + RING_DELAY_MS) return;
    this.#overdueTicks++;
    if (this.#overdueTicks > 1) this.#roll(boundary);
  }

  #roll(boundary: Reading): void {
    const { atMs } = boundary;
    this.#boundary = null;
    this.#boundaryOrdinal = Number.POSITIVE_INFINITY;
    this.#emitPart(boundary, true);
    if (this.#next) {
      this.#networksVersion = this.#next.version;
      this.#meter = this.#next.meter;
      this.#next = null;
    }
    const endMs = this.endMs;
    this.#startMs = floorTo(atMs, this.#options.windowMs);
    this.#partFromMs = this.#startMs === endMs ? endMs : atMs;
    this.#nextPartMs = atMs + PART_INTERVAL_MS;
  }

  /** Until when all that was accepted is delivered too: what waits in the ring dies with this process. */
  #deliveredUntil({ atMs, counts }: Reading): number {
    if (counts === null || this.#delivered >= counts.accepted) return atMs;
    const before = this.#before;
    return before.counts !== null && this.#delivered >= before.counts.accepted ? before.atMs : this.#partFromMs;
  }

  #emitPart(reading: Reading, last: boolean): void {
    const { atMs, counts, interfaceFrames } = reading;
    const before = this.#before;
    const endMs = this.endMs;
    const toMs = Math.max(this.#partFromMs, Math.min(last ? atMs : this.#deliveredUntil(reading), endMs));
    this.#deps.emit({
      startMs: this.#startMs,
      endMs,
      fromMs: this.#partFromMs,
      toMs,
      last,
      networksVersion: this.#networksVersion,
      ...this.#meter.take(),
      droppedFrames: difference(counts?.dropped ?? null, before.counts?.dropped ?? null),
      interfaceFrames: difference(interfaceFrames, before.interfaceFrames),
      boundaryDelayMs: last ? Math.max(0, atMs - endMs) : 0,
    });
    this.#before = reading;
    this.#partFromMs = toMs;
    this.#nextPartMs = atMs + PART_INTERVAL_MS;
  }
}

function difference(after: number | null, before: number | null): number | null {
  return after === null || before === null ? null : Math.max(0, after - before);
}
