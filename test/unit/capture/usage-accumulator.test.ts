import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { UsageAccumulator } from "../../../src/capture/usage-accumulator.ts";
import { emptyTotals } from "../../../src/model/window.ts";
import { anyFrame, expectConservation, metered, packet, REMOTE, rowsOf } from "./metering.ts";

describe("UsageAccumulator", () => {
  it("adds up parts to what metering the whole gives", () => {
    fc.assert(
      fc.property(fc.array(fc.array(anyFrame, { maxLength: 60 }), { maxLength: 5 }), (parts) => {
        const sumOfParts = new UsageAccumulator(100);
        for (const part of parts.map((frames) => metered(frames))) sumOfParts.add(part.usage, part.totals);
        const added = sumOfParts.take();
        const whole = metered(parts.flat());
        expect(rowsOf(added)).toEqual(rowsOf(whole));
        expect(added.totals).toEqual(whole.totals);
      }),
    );
  });

  it("loses no byte of parts that overflow, nor where it overflows itself", () => {
    fc.assert(
      fc.property(fc.array(fc.array(anyFrame, { maxLength: 60 }), { maxLength: 5 }), fc.nat(12), (parts, room) => {
        const accumulator = new UsageAccumulator(room);
        for (const part of parts.map((frames) => metered(frames, 8))) accumulator.add(part.usage, part.totals);
        const added = accumulator.take();
        const overflow = Object.keys(rowsOf(added)).filter((key) => key.startsWith("overflow"));
        expectConservation(added);
        expect(added.usage.length - overflow.length).toBeLessThanOrEqual(room);
      }),
    );
  });

  it("keeps the overflow of different networks apart and counts its own with it", () => {
    const accumulator = new UsageAccumulator(1);
    const parts = [
      metered([packet("192.0.2.1", REMOTE, 1), packet("192.0.2.2", REMOTE, 2)], 1),
      metered([packet("198.51.100.1", REMOTE, 10), packet("198.51.100.2", REMOTE, 20)], 1),
    ];
    for (const { usage, totals } of parts) accumulator.add(usage, totals);
    const taken = accumulator.take();
    expect(rowsOf(taken)).toEqual({
      "192.0.2.1 acme": [0, 0, 1, 1],
      "overflow acme": [0, 0, 2, 1],
      "overflow globex": [0, 0, 30, 2],
    });
    expect(taken.totals).toMatchObject({ frames: 4, ipBytes: 33, overflowBytes: 32, overflowPackets: 3 });
  });

  it("keeps an address that changed its network as two rows", () => {
    const accumulator = new UsageAccumulator(10);
    const { usage, totals } = metered([packet("192.0.2.1", REMOTE, 5)]);
    accumulator.add(usage, totals);
    accumulator.add({ ...usage, networks: new Uint32Array([1]) }, totals);
    accumulator.add(usage, totals);
    expect(rowsOf(accumulator.take())).toEqual({ "192.0.2.1 acme": [0, 0, 10, 2], "192.0.2.1 globex": [0, 0, 5, 1] });
  });

  it("starts again from zero after a take", () => {
    const accumulator = new UsageAccumulator(10);
    const { usage, totals } = metered([packet("192.0.2.1", REMOTE, 5)]);
    accumulator.add(usage, totals);
    accumulator.take();
    expect(accumulator.take()).toMatchObject({ usage: { length: 0 }, totals: emptyTotals() });
  });
});
