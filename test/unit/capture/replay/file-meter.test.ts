// Which window a file's packets belong to, in whatever order they come.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LinkType } from "../../../../src/capture/link-types.ts";
import { FileMeter } from "../../../../src/capture/replay/file-meter.ts";
import { UsageAccumulator } from "../../../../src/capture/usage-accumulator.ts";
import { floorTo } from "../../../../src/model/time.ts";
import type { WindowTotals } from "../../../../src/model/window.ts";
import { bytes, ethernet, IPV4, ipv4, udp, zeros } from "../../../support/frames.ts";
import { expectConservation, networks, rowsOf } from "../metering.ts";

const WINDOW_MS = 60_000;
const START_MS = 1_700_000_040_000;

interface Packet {
  /** After START_MS. */
  readonly atMs: number;
  readonly frame?: Uint8Array;
  readonly linkType?: number;
  readonly wireLength?: number;
}

type Part = readonly [startMs: number, frames: number];

/** Meters packets; the parts in the order in which they were handed over, those of `finish` behind a mark. */
function partsOf(packets: readonly Packet[]): (Part | "finish")[] {
  const parts: (Part | "finish")[] = [];
  feed(packets, {
    part: (startMs, { frames }) => parts.push([startMs - START_MS, frames]),
    finish: () => parts.push("finish"),
  });
  return parts;
}

interface FeedListener {
  part(startMs: number, totals: WindowTotals, usage: Parameters<UsageAccumulator["add"]>[0]): void;
  finish(): void;
}

function feed(packets: readonly Packet[], listener: FeedListener): void {
  const meter = new FileMeter({
    windowMs: WINDOW_MS,
    maxAddresses: 100,
    networks,
    part: (startMs, usage, totals) => listener.part(startMs, totals, usage),
  });
  for (const { atMs, frame = frameTo("192.0.2.1"), linkType = LinkType.ethernet, wireLength } of packets) {
    // Behind other bytes, as in a file.
    const record = { frame: bytes("ff ff ff", frame, "ff"), offset: 3, capturedLength: frame.length };
    meter.packet({ ...record, wireLength: wireLength ?? frame.length, timeMs: START_MS + atMs, linkType });
  }
  listener.finish();
  meter.finish();
}

function frameTo(destination: string): Uint8Array {
  return ethernet(IPV4, ipv4({ source: "203.0.113.9", destination }));
}

const at = (...times: readonly number[]): Packet[] => times.map((atMs) => ({ atMs }));

describe("FileMeter", () => {
  it("counts a packet in the window that starts at or before it", () => {
    const parts = partsOf(at(0, WINDOW_MS - 1, WINDOW_MS, 2 * WINDOW_MS - 1));
    expect(parts).toEqual(["finish", [0, 2], [WINDOW_MS, 2]]);
  });

  it("goes on with an open window when packets come out of order", () => {
    const parts = partsOf(at(WINDOW_MS, 5, WINDOW_MS + 1, -1, 6, 3 * WINDOW_MS, 7));
    // The least recently used first.
    expect(parts).toEqual(["finish", [WINDOW_MS, 2], [-WINDOW_MS, 1], [3 * WINDOW_MS, 1], [0, 3]]);
  });

  it("hands over the window longest unused to make room for a fifth", () => {
    const minutes = (...starts: readonly number[]): Packet[] => at(...starts.map((start) => start * WINDOW_MS));
    const [first, mark] = partsOf(minutes(0, 1, 2, 3, 0, 4));
    expect([first, mark]).toEqual([[WINDOW_MS, 1], "finish"]);
  });

  it("hands over another part of a window that returns", () => {
    const minutes = (...starts: readonly number[]): Packet[] => at(...starts.map((start) => start * WINDOW_MS));
    const parts = partsOf(minutes(0, 0, 1, 2, 3, 4, 0));
    expect(parts.filter((part) => part[0] === 0)).toEqual([
      [0, 2],
      [0, 1],
    ]);
  });

  it("decodes each packet by its own link type", () => {
    const header = bytes("00 00 00 01 00 06 02 00 00 00 00 01 00 00 08 00");
    const encapsulate = {
      [LinkType.raw]: (packet: Uint8Array) => packet,
      [LinkType.ethernet]: (packet: Uint8Array) => ethernet(IPV4, packet),
      [LinkType.linuxSll]: (packet: Uint8Array) => bytes(header, packet),
    };
    const linkTypes = [LinkType.raw, LinkType.ethernet, LinkType.raw, LinkType.linuxSll, LinkType.ethernet] as const;
    const packets = linkTypes.map((linkType, index): Packet => {
      const packet = ipv4({ destination: "192.0.2.1", payload: zeros(10 ** index) });
      return { atMs: 0, linkType, frame: encapsulate[linkType](packet) };
    });
    const seen: number[] = [];
    feed(packets, { part: (_, { ipBytes, ipPackets }) => seen.push(ipBytes, ipPackets), finish: () => undefined });
    expect(seen).toEqual([11_111 + 5 * 20, 5]);
  });

  it("takes the length of a cut frame without a stated one from the wire", () => {
    const frame = ethernet(IPV4, ipv4({ destination: "192.0.2.1", totalLength: 0, payload: udp(20) }));
    const seen: number[] = [];
    feed([{ atMs: 0, frame, wireLength: 70_014 }], {
      part: (_, { ipBytes }) => seen.push(ipBytes),
      finish: () => undefined,
    });
    expect(seen).toEqual([70_000]);
  });

  it("hands over nothing of a file without packets", () => {
    expect(partsOf([])).toEqual(["finish"]);
  });

  it("counts each packet once, in its own window, in any order", () => {
    const anyPacket = fc.record({
      atMs: fc.integer({ min: -5 * WINDOW_MS, max: 10 * WINDOW_MS }),
      host: fc.integer({ min: 1, max: 9 }),
    });
    fc.assert(
      fc.property(fc.array(anyPacket, { maxLength: 80 }), (packets) => {
        const sums = new Map<number, UsageAccumulator>();
        feed(
          packets.map(({ atMs, host }) => ({ atMs, frame: frameTo(`192.0.2.${host}`) })),
          {
            part: (startMs, totals, usage) => {
              const sum = sums.get(startMs) ?? new UsageAccumulator(100);
              sums.set(startMs, sum);
              sum.add(usage, totals);
            },
            finish: () => undefined,
          },
        );
        const counted = [...sums].flatMap(([startMs, sum]) => {
          const taken = sum.take();
          expectConservation(taken);
          return Object.entries(rowsOf(taken)).map(([key, row]) => `${startMs} ${key} ${row.join()}`);
        });
        expect(counted.toSorted()).toEqual(expectedRows(packets).toSorted());
      }),
    );
  });
});

function expectedRows(packets: readonly { readonly atMs: number; readonly host: number }[]): string[] {
  const counts = new Map<string, number>();
  for (const { atMs, host } of packets) {
    const key = `${floorTo(START_MS + atMs, WINDOW_MS)} 192.0.2.${host} acme`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].map(([key, count]) => `${key} ${count * 46},${count},0,0`);
}
