// Reading capture files of every format, whole and cut.

import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CaptureFileError } from "../../../src/capture/replay/capture-file-error.ts";
import { readCaptureFile } from "../../../src/capture/replay/capture-file.ts";
import * as files from "../../support/capture-file.ts";
import { bytes, zeros } from "../../support/frames.ts";
import { type FileContent, type Packet, readCapture } from "../../support/read-capture.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const SECOND = 1_000_000_000n;
const START = 1_700_000_000n * SECOND;
const frames: readonly files.CapturedFrame[] = [
  { timeNs: START + 999_999n, frame: bytes("01 02 03 04 05") },
  { timeNs: START + 1_000_000n, frame: bytes("06"), wireLength: 1514 },
  { timeNs: START + 999_999_999n, frame: zeros(0), wireLength: 60 },
  { timeNs: START + 86_400n * SECOND, frame: zeros(64) },
];
const expected: readonly Packet[] = [
  { frame: "0102030405", wireLength: 5, timeMs: 1_700_000_000_000, linkType: 1 },
  { frame: "06", wireLength: 1514, timeMs: 1_700_000_000_001, linkType: 1 },
  { frame: "", wireLength: 60, timeMs: 1_700_000_000_999, linkType: 1 },
  { frame: "00".repeat(64), wireLength: 64, timeMs: 1_700_086_400_000, linkType: 1 },
];

const formats: readonly (readonly [string, Uint8Array])[] = [
  ["pcap, little-endian, microseconds", files.pcapFile(frames)],
  ["pcap, big-endian, microseconds", files.pcapFile(frames, { little: false })],
  ["pcap, little-endian, nanoseconds", files.pcapFile(frames, { nanoseconds: true })],
  ["pcap, big-endian, nanoseconds", files.pcapFile(frames, { little: false, nanoseconds: true })],
  ["pcapng, little-endian", files.pcapngFile(frames)],
  ["pcapng, big-endian", files.pcapngFile(frames, { little: false })],
  ["pcapng in milliseconds", files.pcapngFile(frames, { resolution: 3 })],
  ["pcapng in nanoseconds", files.pcapngFile(frames, { resolution: 9 })],
  ["pcapng in picoseconds since 2023", files.pcapngFile(frames, { resolution: 12, offsetSeconds: 1_699_999_999n })],
  ["pcapng in units of 2^-20 s", files.pcapngFile(frames, { resolution: 0x80 | 20 })],
  ["pcapng in units of 2^-32 s, big-endian", files.pcapngFile(frames, { resolution: 0x80 | 32, little: false })],
  ["pcapng with a time offset", files.pcapngFile(frames, { resolution: 9, offsetSeconds: 1_600_000_000n })],
];

describe("readCaptureFile", () => {
  it.each(formats.filter(([name]) => !name.includes("2^")))("reads %s", async (_, content) => {
    const { list, packets, firstMs, lastMs, truncated } = await readCapture(content);
    expect(list).toEqual(expected);
    expect({ packets, firstMs, lastMs, truncated }).toEqual({
      packets: 4,
      firstMs: 1_700_000_000_000,
      lastMs: 1_700_086_400_000,
      truncated: false,
    });
  });

  it.each(formats.filter(([name]) => name.includes("2^")))("reads %s, which rounds down twice", async (_, content) => {
    const { list } = await readCapture(content);
    expect(list.map(({ timeMs }) => timeMs - 1_700_000_000_000)).toEqual([0, 0, 999, 86_400_000]);
  });

  it("reads seconds, the coarsest resolution", async () => {
    const { list } = await readCapture(files.pcapngFile(frames, { resolution: 0 }));
    expect(list.map(({ timeMs }) => timeMs - 1_700_000_000_000)).toEqual([0, 0, 0, 86_400_000]);
  });

  it.each(formats)("reads %s from gzip, with the digest of the unpacked content", async (_, content) => {
    const plain = await readCapture(content);
    const packed = await readCapture(gzipSync(content));
    expect(packed).toEqual(plain);
    expect(packed.digest).toBe(createHash("sha256").update(content).digest("hex"));
  });

  it("reads all members of a gzip file, wherever they are joined", async () => {
    const [, content = zeros(0)] = formats[0] ?? [];
    for (const at of [0, 1, 24, 30, content.length]) {
      const packed = bytes(gzipSync(content.slice(0, at)), gzipSync(content.slice(at)));
      expect((await readCapture(packed)).list).toEqual(expected);
    }
  });

  it("keeps every millisecond of any nanosecond time", async () => {
    const anyTime = fc.bigInt({ min: 0n, max: 4_294_967_295n * SECOND + 999_999_999n });
    await fc.assert(
      fc.asyncProperty(fc.array(anyTime, { minLength: 1, maxLength: 20 }), async (times) => {
        const packets = times.map((timeNs) => ({ timeNs, frame: zeros(1) }));
        const wanted = times.map((timeNs) => Number(timeNs / 1_000_000n));
        for (const content of [
          files.pcapFile(packets, { nanoseconds: true }),
          files.pcapngFile(packets, { resolution: 9 }),
          files.pcapngFile(packets, { resolution: 7, little: false }),
          files.pcapngFile(packets),
        ]) {
          expect((await readCapture(content)).list.map(({ timeMs }) => timeMs)).toEqual(wanted);
        }
      }),
      { numRuns: 30 },
    );
  });

  it("takes the earliest and the latest time of a file that is out of order", async () => {
    const { firstMs, lastMs } = await readCapture(files.pcapFile(frames.toReversed()));
    expect([firstMs, lastMs]).toEqual([1_700_000_000_000, 1_700_086_400_000]);
  });

  it.each([
    ["pcap", files.pcapHeader(1)],
    ["pcapng without an interface", files.sectionHeader(true)],
    ["pcapng", files.pcapngFile([])],
    ["pcapng with an interface of an unknown link type", bytes(files.sectionHeader(true), files.interfaceBlock(147))],
  ])("takes %s without packets as a valid file", async (_, content) => {
    const { packets, firstMs, lastMs, truncated } = await readCapture(content);
    expect({ packets, firstMs, lastMs, truncated }).toEqual({
      packets: 0,
      firstMs: null,
      lastMs: null,
      truncated: false,
    });
  });

  it("ignores what the upper half of pcap's link type field says", async () => {
    const [header, file] = [files.pcapHeader(0x24000001), files.pcapFile(frames)];
    expect((await readCapture(bytes(header, file.slice(24)))).list).toEqual(expected);
  });

  it("reads packets of several link types", async () => {
    const mixed = frames.map((frame, index) => ({ ...frame, linkType: [1, 101, 113, 276][index] ?? 1 }));
    const { list } = await readCapture(files.pcapngFile(mixed));
    expect(list.map(({ linkType }) => linkType)).toEqual([1, 101, 113, 276]);
  });

  it("reads sections of different byte orders, each with interfaces of its own", async () => {
    const raw = frames.map((frame) => ({ ...frame, linkType: 101 }));
    const { list } = await readCapture(
      bytes(files.pcapngFile(frames), files.pcapngFile(raw, { little: false, resolution: 9 })),
    );
    expect(list).toEqual([...expected, ...expected.map((packet) => ({ ...packet, linkType: 101 }))]);
  });

  it("reads obsolete packet blocks", async () => {
    const packets = frames.map((frame) => files.obsoletePacket(frame, 0));
    const content = bytes(files.sectionHeader(true), files.interfaceBlock(1), ...packets);
    expect((await readCapture(content)).list).toEqual(expected);
  });

  it("gives simple packet blocks the time of the packet before and cuts them to the snap length", async () => {
    const [first = { timeNs: 0n, frame: zeros(0) }] = frames;
    const simple = [files.simplePacket(bytes("0a 0b 0c 0d"), true, 900), files.simplePacket(bytes("0e 0f"))];
    const head = bytes(files.sectionHeader(true), files.interfaceBlock(1, {}, 4));
    const { list } = await readCapture(bytes(head, files.enhancedPacket({ ...first, frame: zeros(3) }, 0), ...simple));
    const timeMs = 1_700_000_000_000;
    expect(list.slice(1)).toEqual([
      { frame: "0a0b0c0d", wireLength: 900, timeMs, linkType: 1 },
      { frame: "0e0f", wireLength: 2, timeMs, linkType: 1 },
    ]);
  });

  it("skips blocks that it does not know", async () => {
    const [statistics, custom] = [files.block(5, zeros(21)), files.block(0x0bad, zeros(3_000_000))];
    const content = files.pcapngFile(frames);
    expect(
      (await readCapture(bytes(content.slice(0, 28), statistics, custom, content.slice(28), custom))).list,
    ).toEqual(expected);
  });

  it("reads more packets than fit into memory's window, and one that is larger than it", async () => {
    const small = { timeNs: START, frame: Uint8Array.from({ length: 1000 }, (_, index) => index & 255) };
    const large = { timeNs: START, frame: new Uint8Array(5_000_000).fill(7) };
    const many = Array.from({ length: 6000 }, () => small);
    for (const content of [files.pcapFile([...many, large, ...many]), files.pcapngFile([...many, large, ...many])]) {
      const { list, truncated } = await readCapture(content);
      expect(list.length).toBe(12_001);
      expect(truncated).toBe(false);
      expect(new Set(list.map(({ frame }) => frame))).toEqual(
        new Set([Buffer.from(small.frame).toString("hex"), Buffer.from(large.frame).toString("hex")]),
      );
    }
  });

  it.each(formats.slice(0, 6))("reads %s cut at any byte up to the cut, or refuses it", async (_, content) => {
    for (let length = 0; length < content.length; length++) {
      const outcome = await readCapture(content.slice(0, length)).then(cutOutcome, (error: Error) => error.name);
      expect(["CaptureFileError", "prefix"], `cut at ${length}`).toContain(outcome);
    }
  });

  it("says that a file is cut, and hands on the packets before", async () => {
    const content = files.pcapFile(frames);
    const { list, truncated } = await readCapture(content.slice(0, -1));
    expect(list).toEqual(expected.slice(0, 3));
    expect(truncated).toBe(true);
    expect((await readCapture(content.slice(0, -80))).truncated).toBe(false);
  });

  it("throws nothing but a CaptureFileError on mutated files", async () => {
    const anyFormat = fc.constantFrom(...formats.map(([, content]) => content));
    await fc.assert(
      fc.asyncProperty(anyFormat, fc.nat(200), fc.nat(255), async (content, at, value) => {
        const mutated = content.slice();
        mutated[at] = value;
        const result = await readCapture(mutated).catch((error: unknown) => error);
        expect(result instanceof Error && !(result instanceof CaptureFileError)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it("passes on what the sink throws", async () => {
    await using folder = await tempFolder();
    const path = folder.file("a.pcap");
    await writeFile(path, files.pcapFile(frames));
    const broken = {
      packet: (): never => {
        throw new RangeError("no room");
      },
    };
    await expect(readCaptureFile(path, broken)).rejects.toThrow(new RangeError("no room"));
  });
});

/** `prefix` if the packets are the first of those expected. */
function cutOutcome({ list, packets }: FileContent): string {
  const same = list.every(({ frame, wireLength }, index) => {
    const wanted = expected[index];
    return wanted?.frame === frame && wanted.wireLength === wireLength;
  });
  return same && packets === list.length && packets < 5 ? "prefix" : "something else";
}
