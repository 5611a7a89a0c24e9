import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { FrameKind } from "../../../src/capture/decoded-frame.ts";
import { Meter } from "../../../src/capture/meter.ts";
import { emptyTotals } from "../../../src/model/window.ts";
import { anyFrame, expectConservation, metered, networks, other, packet, REMOTE, rowsOf } from "./metering.ts";

describe("Meter", () => {
  it("counts what an accounted address sends as its out", () => {
    const taken = metered([packet("192.0.2.1", REMOTE, 100), packet("192.0.2.1", REMOTE, 60)]);
    expect(rowsOf(taken)).toEqual({ "192.0.2.1 acme": [0, 0, 160, 2] });
    expect(taken.totals).toEqual({ ...emptyTotals(), frames: 2, ipPackets: 2, ipBytes: 160 });
  });

  it("counts what an accounted address receives as its in", () => {
    const taken = metered([packet("2001:db8:ffff::1", "2001:db8:1::1", 1500)]);
    expect(rowsOf(taken)).toEqual({ "2001:db8:1::1 acme": [1500, 1, 0, 0] });
    expect(taken.totals).toEqual({ ...emptyTotals(), frames: 1, ipPackets: 1, ipBytes: 1500 });
  });

  it("counts traffic between two accounted addresses for both", () => {
    const taken = metered([packet("192.0.2.1", "198.51.100.7", 100)]);
    expect(rowsOf(taken)).toEqual({ "192.0.2.1 acme": [0, 0, 100, 1], "198.51.100.7 globex": [100, 1, 0, 0] });
    expect(taken.totals).toMatchObject({ ipBytes: 100, internalPackets: 1, internalBytes: 100 });
    expectConservation(taken);
  });

  it("counts a packet from an address to itself in both directions", () => {
    const taken = metered([packet("192.0.2.1", "192.0.2.1", 40)]);
    expect(rowsOf(taken)).toEqual({ "192.0.2.1 acme": [40, 1, 40, 1] });
    expect(taken.totals).toMatchObject({ ipBytes: 40, internalPackets: 1, internalBytes: 40 });
  });

  it("counts traffic between strangers as unaccounted", () => {
    const taken = metered([packet(REMOTE, "192.0.3.1", 100)]);
    expect(taken.usage.length).toBe(0);
    expect(taken.totals).toMatchObject({ ipPackets: 1, ipBytes: 100, unaccountedPackets: 1, unaccountedBytes: 100 });
  });

  it("gives an address to the network of its longest prefix", () => {
    const taken = metered([packet("192.0.2.127", REMOTE, 1), packet("192.0.2.128", REMOTE, 2)]);
    expect(rowsOf(taken)).toEqual({ "192.0.2.127 acme": [0, 0, 1, 1], "192.0.2.128 globex": [0, 0, 2, 1] });
  });

  it("counts other frames apart and reads nothing else of them", () => {
    const taken = metered([other(FrameKind.nonIp), other(FrameKind.nonIp), other(FrameKind.parseFailure)]);
    expect(taken.usage.length).toBe(0);
    expect(taken.totals).toEqual({ ...emptyTotals(), frames: 3, nonIpFrames: 2, parseFailures: 1 });
  });

  it("counts for the network what finds no room, and goes on with the addresses it has", () => {
    const frames = [
      packet("192.0.2.1", REMOTE, 1),
      packet("192.0.2.2", REMOTE, 10),
      packet("192.0.2.3", REMOTE, 100),
      packet(REMOTE, "192.0.2.4", 1000),
      packet("198.51.100.1", "192.0.2.1", 10_000),
      packet("198.51.100.2", "198.51.100.3", 100_000),
    ];
    const taken = metered(frames, 1);
    expect(rowsOf(taken)).toEqual({
      "192.0.2.1 acme": [10_000, 1, 1, 1],
      "overflow acme": [1000, 1, 110, 2],
      "overflow globex": [100_000, 1, 110_000, 2],
    });
    expect(taken.totals).toMatchObject({ overflowPackets: 6, overflowBytes: 211_110, internalPackets: 2 });
    expectConservation(taken);
  });

  it("counts for the network what carries the address of overflow rows", () => {
    const forged = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
    const taken = metered([packet(REMOTE, forged, 9), packet(REMOTE, "ff02::1", 5), packet(REMOTE, "ff02::2", 1)], 1);
    expect(rowsOf(taken)).toEqual({
      "overflow everything-else-in-ff": [10, 2, 0, 0],
      "ff02::1 everything-else-in-ff": [5, 1, 0, 0],
    });
  });

  it("starts again from zero after a take", () => {
    const meter = new Meter(networks, 1);
    for (const host of ["192.0.2.1", "192.0.2.2"]) meter.count(packet(host, REMOTE, 100));
    expect(meter.frames).toBe(2);
    const first = meter.take();
    const rows = rowsOf(first);
    expect(meter.frames).toBe(0);
    meter.count(packet("192.0.2.2", REMOTE, 7));
    const second = meter.take();
    expect(rowsOf(second)).toEqual({ "192.0.2.2 acme": [0, 0, 7, 1] });
    expect(second.totals).toEqual({ ...emptyTotals(), frames: 1, ipPackets: 1, ipBytes: 7 });
    expect(rowsOf(first)).toEqual(rows);
    expect(meter.take()).toMatchObject({ usage: { length: 0 }, totals: emptyTotals() });
  });

  it("stays exact where a window's bytes exceed 32 bits", () => {
    const taken = metered(Array.from({ length: 5 }, () => packet("192.0.2.1", REMOTE, 2 ** 32 - 1)));
    expect(rowsOf(taken)).toEqual({ "192.0.2.1 acme": [0, 0, 5 * (2 ** 32 - 1), 5] });
    expectConservation(taken);
  });

  it("loses no byte and no frame, whatever passes and however little room there is", () => {
    fc.assert(
      fc.property(fc.array(anyFrame, { maxLength: 200 }), fc.nat(12), (frames, maxAddresses) => {
        const taken = metered(frames, maxAddresses);
        const overflow = Object.entries(rowsOf(taken)).filter(([key]) => key.startsWith("overflow"));
        const [bytesIn = 0, packetsIn = 0, bytesOut = 0, packetsOut = 0] = [0, 1, 2, 3].map((counter) =>
          overflow.reduce((total, [, counters]) => total + (counters[counter] ?? 0), 0),
        );
        expectConservation(taken);
        expect(taken.totals.frames).toBe(frames.length);
        expect(taken.usage.length - overflow.length).toBeLessThanOrEqual(maxAddresses);
        expect(taken.totals.overflowBytes).toBe(bytesIn + bytesOut);
        expect(taken.totals.overflowPackets).toBe(packetsIn + packetsOut);
      }),
    );
  });
});
