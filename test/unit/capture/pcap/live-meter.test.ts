// Which window a packet belongs to, and which time a part covers.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressAt, formatAddress } from "../../../../src/model/address.ts";
import { floorTo } from "../../../../src/model/time.ts";
import { packet, REMOTE } from "../metering.ts";
import { acme, frame, globex, LiveMeterFixture, network, START_MS, WINDOW_MS } from "./metering-live.ts";

const END_MS = START_MS + WINDOW_MS;
const RING_DELAY_MS = 1_500;

describe("LiveMeter", () => {
  it("hands over a part every second, each with what came since the part before", () => {
    const live = new LiveMeterFixture({ startMs: START_MS + 500 });
    live.pass(3);
    live.tickAt(START_MS + 1_499);
    expect(live.parts).toEqual([]);
    live.tickAt(START_MS + 1_500);
    live.pass(2);
    live.tickAt(START_MS + 2_600);
    live.tickAt(START_MS + 3_599);
    expect(live.take()).toEqual([
      [0, 500, 1_500, 3, false],
      [0, 1_500, 2_600, 2, false],
    ]);
  });

  it("counts drops and the interface's frames for the part in which they happened", () => {
    const live = new LiveMeterFixture();
    live.dropped = 4;
    live.interfaceFrames = 7_010;
    live.tickAt(START_MS + 1_000);
    live.interfaceFrames = 7_011;
    live.tickAt(START_MS + 2_000);
    live.interfaceFrames = null;
    live.tickAt(START_MS + 3_000);
    const seen = live.parts.map(({ droppedFrames, interfaceFrames }) => [droppedFrames, interfaceFrames]);
    expect(seen).toEqual([
      [4, 10],
      [0, 1],
      [0, null],
    ]);
  });

  it("counts no frames where the interface's counters start again", () => {
    const live = new LiveMeterFixture();
    live.interfaceFrames = 12;
    live.tickAt(START_MS + 1_000);
    expect(live.parts[0]?.interfaceFrames).toBe(0);
  });

  it("ends the window at its boundary when nothing waits in the ring", () => {
    const live = new LiveMeterFixture({ startMs: END_MS - 300 });
    live.pass(5);
    live.tickAt(END_MS);
    live.pass(2);
    live.tickAt(END_MS + 1_000);
    expect(live.take()).toEqual([
      [0, WINDOW_MS - 300, WINDOW_MS, 5, true],
      [WINDOW_MS, WINDOW_MS, WINDOW_MS + 1_000, 2, false],
    ]);
  });

  it("leaves to the old window what was in the ring at the boundary, to the next what came later", () => {
    const live = new LiveMeterFixture({ startMs: END_MS - 300 });
    live.accept(10);
    live.deliver(4);
    live.tickAt(END_MS + 2);
    live.accept(7);
    live.tickAt(END_MS + 700);
    live.deliver(5);
    expect(live.take()).toEqual([]);
    live.deliver(8);
    live.tickAt(END_MS + 1_002, false);
    expect(live.take()).toEqual([
      [0, WINDOW_MS - 300, WINDOW_MS, 10, true],
      [WINDOW_MS, WINDOW_MS, WINDOW_MS + 1_002, 7, false],
    ]);
  });

  it("counts as drops of the old window those before its boundary only", () => {
    const live = new LiveMeterFixture({ startMs: END_MS - 300 });
    live.accept(1);
    live.dropped = 5;
    live.tickAt(END_MS);
    live.dropped = 8;
    live.deliver(1);
    live.tickAt(END_MS + 1_000);
    expect(live.parts.map(({ droppedFrames }) => droppedFrames)).toEqual([5, 3]);
  });

  it("ends a window whose packets never come after the ring's delay", () => {
    const live = new LiveMeterFixture({ startMs: END_MS - 300 });
    live.accept(3);
    live.deliver(1);
    live.tickAt(END_MS);
    live.tickAt(END_MS + RING_DELAY_MS - 1);
    live.tickAt(END_MS + RING_DELAY_MS);
    expect(live.take()).toEqual([]);
    live.tickAt(END_MS + RING_DELAY_MS + 100);
    live.deliver(2);
    live.tickAt(END_MS + RING_DELAY_MS + 1_100);
    expect(live.take()).toEqual([
      [0, WINDOW_MS - 300, WINDOW_MS, 1, true],
      [WINDOW_MS, WINDOW_MS, WINDOW_MS + RING_DELAY_MS + 1_100, 2, false],
    ]);
  });

  it("waits as long as it takes for a full ring, whose ticks come between packets", () => {
    const live = new LiveMeterFixture({ startMs: END_MS - 300 });
    live.accept(1_000);
    live.tickAt(END_MS);
    for (let seconds = 1; seconds < 10; seconds++) {
      live.deliver(100);
      live.tickAt(END_MS + seconds * 1_000, false);
    }
    expect(live.take()).toEqual([]);
    live.deliver(101);
    expect(live.take()).toEqual([[0, WINDOW_MS - 300, WINDOW_MS, 1_000, true]]);
  });

  it("ends the window at once where the socket's counts mean nothing", () => {
    const live = new LiveMeterFixture({ startMs: END_MS - 300, exact: false });
    live.accept(10);
    live.deliver(4);
    live.tickAt(END_MS);
    expect(live.parts[0]?.droppedFrames).toBeNull();
    expect(live.take()).toEqual([[0, WINDOW_MS - 300, WINDOW_MS, 4, true]]);
  });

  it("says how late it noticed a window's end, and gives the next window its time back", () => {
    const live = new LiveMeterFixture({ startMs: END_MS - 300 });
    live.pass(6);
    live.tickAt(END_MS + 800);
    live.tickAt(END_MS + 1_800);
    expect(live.parts.map(({ boundaryDelayMs }) => boundaryDelayMs)).toEqual([800, 0]);
    expect(live.take()).toEqual([
      [0, WINDOW_MS - 300, WINDOW_MS, 6, true],
      [WINDOW_MS, WINDOW_MS, WINDOW_MS + 1_800, 0, false],
    ]);
  });

  it("observes nothing of windows that passed without a look at the clock", () => {
    const live = new LiveMeterFixture({ startMs: END_MS - 300 });
    live.pass(6);
    live.tickAt(END_MS + 3 * WINDOW_MS + 25_000);
    live.pass(1);
    live.tickAt(END_MS + 3 * WINDOW_MS + 26_000);
    expect(live.parts[0]?.boundaryDelayMs).toBe(3 * WINDOW_MS + 25_000);
    expect(live.take()).toEqual([
      [0, WINDOW_MS - 300, WINDOW_MS, 6, true],
      [4 * WINDOW_MS, 4 * WINDOW_MS + 25_000, 4 * WINDOW_MS + 26_000, 1, false],
    ]);
  });

  it("goes on in the earlier window after the clock is set back", () => {
    const live = new LiveMeterFixture({ startMs: START_MS + 10_000 });
    live.pass(2);
    live.tickAt(START_MS - 5_000);
    live.pass(3);
    live.tickAt(START_MS - 4_000);
    live.tickAt(START_MS);
    expect(live.parts[0]?.boundaryDelayMs).toBe(0);
    expect(live.take()).toEqual([
      [0, 10_000, 10_000, 2, true],
      [-WINDOW_MS, -5_000, -4_000, 3, false],
      [-WINDOW_MS, -4_000, 0, 0, true],
    ]);
  });

  it("observes no time twice when the clock is set back within a window", () => {
    const live = new LiveMeterFixture({ startMs: START_MS + 30_000 });
    live.tickAt(START_MS + 31_000);
    live.tickAt(START_MS + 20_000);
    live.pass(1);
    live.tickAt(START_MS + 31_500);
    live.tickAt(START_MS + 32_000);
    expect(live.take()).toEqual([
      [0, 30_000, 31_000, 0, false],
      [0, 31_000, 32_000, 1, false],
    ]);
  });

  it("uses other networks from the next window on, with its packets in the ring still under the old ones", () => {
    const live = new LiveMeterFixture({ startMs: END_MS - 300, networks: [acme], networksVersion: 4 });
    const toGlobex = packet(REMOTE, "198.51.100.1", 50);
    live.meter.reload(5, [network("unused", "10.0.0.0/8")]);
    live.meter.reload(6, [globex]);
    live.accept(2);
    live.tickAt(END_MS);
    live.deliver(1, frame);
    live.deliver(1, toGlobex);
    live.pass(1, toGlobex);
    live.tickAt(END_MS + 1_000);
    expect(live.parts.map(({ networksVersion, usage }) => [networksVersion, [...usage.bytesIn]])).toEqual([
      [4, [100]],
      [6, [50]],
    ]);
  });

  it("leaves the open window as a part that is not its last when it finishes", () => {
    const live = new LiveMeterFixture();
    live.pass(3);
    live.meter.finish(START_MS + 400);
    expect(live.take()).toEqual([[0, 0, 400, 3, false]]);
  });

  it("ends the window whose packets are still missing when it finishes", () => {
    const live = new LiveMeterFixture({ startMs: END_MS - 300 });
    live.accept(5);
    live.tickAt(END_MS + 10);
    live.deliver(2);
    live.meter.finish(END_MS + 200);
    expect(live.take()).toEqual([
      [0, WINDOW_MS - 300, WINDOW_MS, 2, true],
      [WINDOW_MS, WINDOW_MS, WINDOW_MS, 0, false],
    ]);
  });

  it("claims no time beyond what is delivered", () => {
    const live = new LiveMeterFixture({ startMs: START_MS });
    live.accept(5);
    live.deliver(2);
    live.tickAt(START_MS + 1_000);
    live.accept(1);
    live.deliver(3);
    live.tickAt(START_MS + 2_000);
    live.deliver(1);
    live.tickAt(START_MS + 3_000);
    expect(live.take().map(([, from, to, frames]) => [from, to, frames])).toEqual([
      [0, 0, 2],
      [0, 1_000, 3],
      [1_000, 3_000, 1],
    ]);
  });

  it("ends the window that passed unnoticed when it finishes", () => {
    const live = new LiveMeterFixture({ startMs: END_MS - 300 });
    live.pass(2);
    live.meter.finish(END_MS + 40);
    expect(live.take()).toEqual([
      [0, WINDOW_MS - 300, WINDOW_MS, 2, true],
      [WINDOW_MS, WINDOW_MS, WINDOW_MS + 40, 0, false],
    ]);
  });

  it("finishes after the clock was set back without observing negative time", () => {
    const live = new LiveMeterFixture({ startMs: START_MS + 30_000 });
    live.meter.finish(START_MS + 20_000);
    expect(live.take()).toEqual([[0, 30_000, 30_000, 0, false]]);
  });
});

/** A step of time after which packets arrive, the ring hands some over, and the clock is looked at. */
const anyStep = fc.record({
  gapMs: fc.nat(400),
  arrivals: fc.nat(4),
  delivered: fc.nat(6),
  drops: fc.nat(2),
  idle: fc.boolean(),
});
const SHORT_WINDOW_MS = 5_000;
/** With the longest gap, less than the ring's delay. */
const MAX_WAIT_MS = 1_000;

describe("LiveMeter on any traffic", () => {
  it("counts each packet once, in the window that was open at the last look at the clock before it was accepted", () => {
    fc.assert(
      fc.property(fc.nat(SHORT_WINDOW_MS - 1), fc.array(anyStep, { maxLength: 120 }), (offsetMs, steps) => {
        const startMs = START_MS + offsetMs;
        const everything = network("acme", "2001:db8::/32");
        const live = new LiveMeterFixture({ windowMs: SHORT_WINDOW_MS, startMs, networks: [everything] });
        const expected: Record<string, number> = {};
        const ring: { readonly name: string; readonly acceptedMs: number }[] = [];
        const deliver = (): void => live.deliver(1, packet(REMOTE, ring.shift()?.name ?? "", 100));
        let lookedMs = startMs;
        for (const { gapMs, arrivals, delivered, drops, idle } of steps) {
          live.nowMs += gapMs;
          live.dropped += drops;
          live.interfaceFrames = (live.interfaceFrames ?? 0) + arrivals + drops;
          for (let left = arrivals; left > 0; left--) {
            live.accept(1);
            const name = `2001:db8::${live.accepted.toString(16)}`;
            ring.push({ name, acceptedMs: live.nowMs });
            expected[name] = floorTo(lookedMs, SHORT_WINDOW_MS);
          }
          for (let left = Math.min(delivered, ring.length); left > 0; left--) deliver();
          while ((ring[0]?.acceptedMs ?? Infinity) + MAX_WAIT_MS <= live.nowMs) deliver();
          live.tickAt(live.nowMs, idle);
          lookedMs = live.nowMs;
        }
        while (ring.length > 0) deliver();
        live.meter.finish(live.nowMs);
        expect(windowsOfPackets(live)).toEqual(expected);
        expectTiled(live, startMs);
        expect(sum(live, ({ droppedFrames }) => droppedFrames)).toBe(live.dropped);
        expect(sum(live, ({ interfaceFrames }) => interfaceFrames)).toBe((live.interfaceFrames ?? 0) - 7_000);
      }),
    );
  });
});

type Part = LiveMeterFixture["parts"][number];

/** Each address, which is a packet's own, to the start of its window; fails where one is there twice. */
function windowsOfPackets({ parts }: LiveMeterFixture): Record<string, number> {
  const windows: Record<string, number> = {};
  for (const { startMs, usage } of parts) {
    expect(usage.packetsIn.every((packets) => packets === 1)).toBe(true);
    for (let row = 0; row < usage.length; row++) {
      const name = formatAddress(addressAt(usage.addresses, row));
      expect(windows).not.toHaveProperty([name]);
      windows[name] = startMs;
    }
  }
  return windows;
}

/** The parts cover the time from start to stop without a hole or an overlap, each within its window. */
function expectTiled({ parts, nowMs }: LiveMeterFixture, startMs: number): void {
  let observedToMs = startMs;
  for (const part of parts) {
    expect(part.fromMs).toBe(observedToMs);
    expect(part.startMs).toBeLessThanOrEqual(part.fromMs);
    expect(part.fromMs).toBeLessThanOrEqual(part.toMs);
    expect(part.toMs).toBeLessThanOrEqual(part.endMs);
    observedToMs = part.toMs;
  }
  expect(observedToMs).toBe(nowMs);
  expect(parts.every(({ toMs, endMs, last }) => !last || toMs === endMs)).toBe(true);
}

function sum({ parts }: LiveMeterFixture, of: (part: Part) => number | null): number {
  return parts.reduce((total, part) => total + (of(part) ?? Number.NaN), 0);
}
