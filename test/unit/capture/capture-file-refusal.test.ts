// What is no capture file is refused in one line that names the place and the fix.

import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { readCaptureFile } from "../../../src/capture/replay/capture-file.ts";
import * as files from "../../support/capture-file.ts";
import { bytes, short, word, zeros } from "../../support/frames.ts";
import { refusalOf } from "../../support/read-capture.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const SECOND = 1_000_000_000n;
const START = 1_700_000_000n * SECOND;
const frames: readonly files.CapturedFrame[] = [
  { timeNs: START, frame: bytes("01 02 03 04 05") },
  { timeNs: START, frame: zeros(64) },
];

describe("a file that is no capture file", () => {
  const damaged = (content: Uint8Array, at: number, ...patch: number[]): Uint8Array => {
    const copy = content.slice();
    copy.set(patch, at);
    return copy;
  };
  const pcap = files.pcapFile(frames, { little: false });
  const pcapng = files.pcapngFile(frames, { little: false });
  const head = bytes(files.sectionHeader(false), files.interfaceBlock(1, { little: false }));

  it.each<[string, Uint8Array, RegExp]>([
    ["is empty", zeros(0), /^byte 0: the file is empty; name a pcap or pcapng file$/],
    [
      "is text",
      Buffer.from("time,bytes\n1,2\n3,4\n5,6\n7,8\n"),
      /^byte 0: 74696d65 starts no whole pcap or pcapng header/,
    ],
    ["ends in its pcap header", pcap.slice(0, 23), /^byte 0: a1b2c3d4 starts no whole pcap or pcapng header/],
    ["ends in its pcapng header", pcapng.slice(0, 27), /^byte 0: 0a0d0d0a starts no whole pcap or pcapng header/],
    ["has one byte", bytes("0a"), /^byte 0: 0a starts no whole/],
    ["is of an old pcap version", damaged(pcap, 7, 2), /^byte 4: pcap version 2\.2 is not 2\.4; convert the file/],
    ["has an unknown link type", files.pcapHeader(147), /^byte 20: link type 147 cannot be accounted; capture on/],
    [
      "has an impossible record",
      damaged(pcap, 32, ...word(0x10000001)),
      /^byte 32: a record of 268435457 bytes is impossible/,
    ],
    [
      "has a block length that is no multiple of four",
      damaged(pcapng, 35, 41),
      /^byte 32: a block of type 1 with 41 bytes is impossible/,
    ],
    [
      "has a block length under its minimum",
      damaged(pcapng, 35, 16),
      /^byte 32: a block of type 1 with 16 bytes is impossible/,
    ],
    [
      "has a block length over the limit",
      damaged(pcapng, 32, ...word(0x10000004)),
      /^byte 32: a block of type 1 with 268435460 bytes/,
    ],
    [
      "has a trailer that contradicts its block",
      damaged(pcapng, 27, 32),
      /^byte 24: block length 28 ends as 32; the file is corrupt/,
    ],
    [
      "has a wrong byte-order magic",
      damaged(pcapng, 8, 9),
      /^byte 8: byte-order magic \d+ is not 439041101; the file is corrupt/,
    ],
    [
      "has a packet longer than its block",
      damaged(pcapng, 28 + 32 + 20, ...word(9)),
      /^byte \d+: a packet of 9 bytes is longer than its block/,
    ],
    [
      "has a packet of no interface",
      bytes(head, files.enhancedPacket({ timeNs: 0n, frame: zeros(1) }, 1, { little: false })),
      /^byte \d+: interface 1 is not described before its packet/,
    ],
    [
      "has a packet of an unknown link type",
      files.pcapngFile([{ timeNs: 0n, frame: zeros(1), linkType: 147 }]),
      /^byte \d+: link type 147 cannot be accounted/,
    ],
    [
      "starts with a packet without a time",
      bytes(head, files.simplePacket(zeros(4), false)),
      /^byte \d+: the first packet has no time; capture to pcap/,
    ],
    [
      "has a time beyond all dates",
      files.pcapngFile([{ timeNs: 9_000_000_000_000n * SECOND, frame: zeros(1) }], { resolution: 0 }),
      /^byte \d+: the packet's time is no date/,
    ],
    [
      "has an interface option that overruns",
      bytes(
        files.sectionHeader(false),
        files.block(1, bytes(short(1), short(0), word(0), short(2), short(99), zeros(4)), false),
      ),
      /^byte 44: interface option 2 is longer than its block/,
    ],
    [
      "is corrupt gzip",
      damaged(gzipSync(pcap), 20, 0xff, 0xff, 0xff),
      /^its gzip data is corrupt \(.*\); check it with gzip -t/,
    ],
    ["has garbage behind its gzip", bytes(gzipSync(pcap), "de ad be ef"), /^its gzip data is corrupt/],
    [
      "is gzip that ends early",
      gzipSync(pcap).subarray(0, -5),
      /^its gzip data ends early; copy the file again, or unpack/,
    ],
    ["is gzip of nothing", gzipSync(""), /^byte 0: the file is empty/],
  ])("is refused because it %s", async (_, content, message) => {
    const refusal = await refusalOf(content);
    expect(refusal).toMatch(message);
    expect(refusal).not.toContain("\n");
  });

  it("is refused because it is not there, or a directory", async () => {
    await using folder = await tempFolder();
    const sink = { packet: () => undefined };
    const missing = folder.file("none");
    await expect(readCaptureFile(missing, sink)).rejects.toThrow(
      `cannot read ${missing}: there is no such file; check`,
    );
    await expect(readCaptureFile(folder.path, sink)).rejects.toThrow("it is a directory; name the capture files in it");
  });

  it("is named by the offset in the whole file, not in the chunk", async () => {
    const many = Array.from({ length: 5000 }, () => ({ timeNs: START, frame: zeros(1000) }));
    const content = files.pcapFile(many);
    expect(await refusalOf(bytes(content, zeros(8), "ff ff ff ff", zeros(4)))).toMatch(
      `byte ${content.length + 8}: a record`,
    );
  });
});
