// A live meter on a clock and counters of the test's own.

import type { DecodedFrame } from "../../../../src/capture/decoded-frame.ts";
import { LiveMeter, type WindowPart } from "../../../../src/capture/pcap/live-meter.ts";
import type { Network } from "../../../../src/model/network.ts";
import { parsePrefix } from "../../../../src/model/prefix.ts";
import { packet, REMOTE } from "../metering.ts";

export const WINDOW_MS = 60_000;
/** The start of a window. */
export const START_MS = 1_700_000_040_000;

export function network(name: string, prefix: string): Network {
  const parsed = parsePrefix(prefix);
  if (!parsed.ok) throw new Error(`${prefix} ${parsed.problem}`);
  return { name, prefixes: [parsed.value], labels: {}, billBy: "network" };
}

export const acme = network("acme", "192.0.2.0/24");
export const globex = network("globex", "198.51.100.0/24");
/** 100 bytes to `acme`. */
export const frame = packet(REMOTE, "192.0.2.1", 100);

export interface LiveMeterFixtureOptions {
  readonly windowMs?: number;
  readonly startMs?: number;
  readonly networks?: readonly Network[];
  readonly networksVersion?: number;
  /** False where the socket's counts do not match what is delivered. */
  readonly exact?: boolean;
}

/** Time passes and packets arrive when the test says so; what is accepted waits in the ring until it is delivered. */
export class LiveMeterFixture {
  readonly parts: WindowPart[] = [];
  readonly meter: LiveMeter;
  nowMs: number;
  accepted = 0;
  dropped = 0;
  interfaceFrames: number | null = 7_000;

  constructor(options: LiveMeterFixtureOptions = {}) {
    const { windowMs = WINDOW_MS, startMs = START_MS, networks = [acme], networksVersion = 0 } = options;
    this.nowMs = startMs;
    this.meter = new LiveMeter(
      { windowMs, maxAddresses: 100_000, networks, networksVersion },
      {
        counts: () => (options.exact === false ? null : { accepted: this.accepted, dropped: this.dropped }),
        interfaceFrames: () => this.interfaceFrames,
        emit: (part) => this.parts.push(part),
      },
      startMs,
    );
  }

  /** The kernel puts frames into the ring. */
  accept(count: number): void {
    this.accepted += count;
  }

  /** The ring hands frames over. */
  deliver(count: number, delivered: DecodedFrame = frame): void {
    for (let left = count; left > 0; left--) this.meter.packet(delivered);
  }

  /** Both at once. */
  pass(count: number, passed: DecodedFrame = frame): void {
    this.accept(count);
    this.deliver(count, passed);
  }

  tickAt(nowMs: number, idle = true): void {
    this.nowMs = nowMs;
    this.meter.tick(nowMs, idle);
  }

  /** The parts since the last call, as [window start, from, to] relative to START_MS, frames, and whether it is the last. */
  take(): (readonly [start: number, from: number, to: number, frames: number, last: boolean])[] {
    return this.parts
      .splice(0)
      .map(({ startMs, fromMs, toMs, totals, last }) => [
        startMs - START_MS,
        fromMs - START_MS,
        toMs - START_MS,
        totals.frames,
        last,
      ]);
  }
}
