// A source's map `clock`: how the kernel's program turns its monotonic clock into windows, and how far the agent is.

import type { BpfMap } from "./bpf-map.ts";
import { monotonicNs } from "./kernel-clock.ts";
import { CLOCK } from "./layout.ts";

const KEY = Buffer.alloc(4);
const NS_PER_MS = 1_000_000n;

export class SourceClock {
  readonly #map: BpfMap;
  readonly #windowNs: bigint;
  readonly #value: Buffer;

  constructor(map: BpfMap, windowMs: number) {
    this.#map = map;
    this.#windowNs = BigInt(windowMs) * NS_PER_MS;
    this.#value = (map.lookup(KEY) ?? Buffer.alloc(CLOCK.bytes)).subarray(0, CLOCK.bytes);
  }

  /** What the program adds to CLOCK_MONOTONIC, in nanoseconds. */
  get offsetNs(): bigint {
    return this.#value.readBigUInt64LE(CLOCK.offsetNs);
  }

  /** Since when the program runs, 0 before it does; milliseconds since the epoch by this clock. */
  get attachedMs(): number {
    return Number(this.#value.readBigUInt64LE(CLOCK.attachedMs));
  }

  /** The next window that the ledger has not got. */
  get nextWindow(): number {
    return Number(this.#value.readBigUInt64LE(CLOCK.nextWindow));
  }

  /** The first window that may still change. */
  get sealed(): number {
    return Number(this.#value.readBigUInt64LE(CLOCK.sealed));
  }

  /** Milliseconds since the epoch, by this clock. */
  nowMs(): number {
    return Number((monotonicNs() + this.offsetNs) / NS_PER_MS);
  }

  /** The window that this clock is in. */
  currentWindow(): number {
    return Number((monotonicNs() + this.offsetNs) / this.#windowNs);
  }

  windowAt(timeMs: number): number {
    return Number((BigInt(timeMs) * NS_PER_MS) / this.#windowNs);
  }

  setOffset(offsetNs: bigint): void {
    this.#set(CLOCK.offsetNs, offsetNs);
  }

  /**
   * The program is about to run: what passes from now on is counted, and under no earlier window, though its coarse clock
   * may still be in one.
   */
  start(): void {
    const nowMs = this.nowMs();
    const window = BigInt(this.windowAt(nowMs));
    this.#value.writeBigUInt64LE(BigInt(nowMs), CLOCK.attachedMs);
    this.#value.writeBigUInt64LE(window, CLOCK.sealed);
    this.#set(CLOCK.nextWindow, window);
  }

  /** From now on nothing is filed under a window before `window`. True where that is news. */
  seal(window: number): boolean {
    if (this.#value.readBigUInt64LE(CLOCK.sealed) >= BigInt(window)) return false;
    this.#set(CLOCK.sealed, BigInt(window));
    return true;
  }

  harvested(window: number): void {
    this.#set(CLOCK.nextWindow, BigInt(window + 1));
  }

  #set(at: number, value: bigint): void {
    this.#value.writeBigUInt64LE(value, at);
    this.#map.update(KEY, this.#value);
  }
}
