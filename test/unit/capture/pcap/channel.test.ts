// Messages between agent and capture child, however the socket cuts them.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeMessage, MessageReader, type Order, type Report } from "../../../../src/capture/pcap/channel.ts";
import { emptyTotals, type UsageColumns, type WindowTotals } from "../../../../src/model/window.ts";
import { bytes } from "../../../support/frames.ts";
import { anyFrame, metered, packet, REMOTE } from "../metering.ts";
import { acme, START_MS, WINDOW_MS } from "./metering-live.ts";

type Message = Order | Report;

function partOf(usage: UsageColumns, totals: WindowTotals): Report {
  const [startMs, endMs, fromMs, toMs] = [START_MS, START_MS + WINDOW_MS, START_MS + 500, START_MS + 1_500];
  const quality = { droppedFrames: 17, interfaceFrames: null, boundaryDelayMs: 0 };
  return {
    kind: "part",
    part: { startMs, endMs, fromMs, toMs, last: false, networksVersion: 3, usage, totals, ...quality },
  };
}

function readAll(chunks: readonly Uint8Array[]): Message[] {
  const reader = new MessageReader<Message>();
  return chunks.flatMap((chunk) => [...reader.read(Buffer.from(chunk))]);
}

/** The bytes cut at these places, in any order; places behind the end are its end. */
function cutAt(whole: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...places, whole.length].map((place) => Math.min(place, whole.length)).toSorted((a, b) => a - b);
  return ends.map((end, index) => whole.slice(ends[index - 1] ?? 0, end));
}

const { usage: oneRow, totals: oneTotal } = metered([packet("192.0.2.1", REMOTE, 2 ** 32)]);
const { usage: noRow } = metered([]);
const start: Order = {
  kind: "start",
  interface: "eth0",
  ringBytes: 1 << 26,
  windowMs: WINDOW_MS,
  maxAddresses: 65_536,
  networks: [{ ...acme, name: "Zürich 東京", labels: { customer: 'a "quoted" name' } }],
  networksVersion: 2,
};
const messages: readonly Message[] = [
  start,
  { kind: "stop" },
  { kind: "opened", linkType: "ETHERNET", exactBoundaries: true, unconfined: [] },
  partOf(oneRow, oneTotal),
  partOf(noRow, emptyTotals()),
  { kind: "failed", reason: "there is no interface of this name" },
];

const anyPart = fc
  .array(anyFrame, { maxLength: 40 })
  .map((frames) => metered(frames))
  .map(({ usage, totals }) => partOf(usage, totals));
const anyReason = fc.string({ unit: "grapheme", maxLength: 40 }).map((reason): Report => ({ kind: "failed", reason }));

describe("MessageReader", () => {
  it("reads what encodeMessage wrote, cut anywhere", () => {
    const anyMessages = fc.array(fc.oneof(anyPart, anyReason, fc.constantFrom(...messages)), { maxLength: 6 });
    fc.assert(
      fc.property(anyMessages, fc.array(fc.nat(6_000), { maxLength: 20 }), (sent, places) => {
        const whole = bytes(...sent.map((message) => encodeMessage(message)));
        expect(readAll(cutAt(whole, places))).toEqual(sent);
      }),
    );
  });

  it("reads messages that are cut at any one byte", () => {
    const whole = bytes(...messages.map((message) => encodeMessage(message)));
    for (let at = 0; at <= whole.length; at++) expect(readAll(cutAt(whole, [at]))).toEqual(messages);
  });

  it("reads messages that come byte by byte", () => {
    const whole = bytes(...messages.map((message) => encodeMessage(message)));
    expect(readAll([...whole].map((byte) => Uint8Array.of(byte)))).toEqual(messages);
  });

  it("keeps an incomplete message to itself", () => {
    for (const message of messages) expect(readAll([encodeMessage(message).subarray(0, -1)])).toEqual([]);
  });

  it("keeps the messages that its consumer has not asked for", () => {
    const reader = new MessageReader<Message>();
    const chunk = Buffer.from(bytes(encodeMessage(start), encodeMessage({ kind: "stop" })));
    expect(reader.read(chunk).next().value).toEqual(start);
    expect([...reader.read(Buffer.alloc(0))]).toEqual([{ kind: "stop" }]);
  });

  it("reads a part of 65,536 addresses and their counters to the last bit", () => {
    const usage = fullUsage(65_536);
    const whole = encodeMessage(partOf(usage, emptyTotals()));
    const [read] = readAll(cutAt(whole, [1, 65_536, 1_000_003]));
    if (read?.kind !== "part") throw new Error("no part was read");
    for (const column of ["addresses", "networks", "bytesIn", "packetsIn", "bytesOut", "packetsOut"] as const) {
      expect(Buffer.compare(bytesOf(read.part.usage[column]), bytesOf(usage[column]))).toBe(0);
    }
    expect(read.part.usage.length).toBe(65_536);
  });

  it("gives columns that hold no more memory than their rows", () => {
    const [read] = readAll([encodeMessage(partOf(oneRow, oneTotal))]);
    if (read?.kind !== "part") throw new Error("no part was read");
    expect(read.part.usage.bytesOut.buffer.byteLength).toBe(8);
  });
});

/** Every counter and address a value of its own, up to the largest that is exact. */
function fullUsage(length: number): UsageColumns {
  const column = (least: number): Float64Array =>
    Float64Array.from({ length }, (_, row) => Number.MAX_SAFE_INTEGER - least - row);
  return {
    length,
    addresses: Uint32Array.from({ length: length * 4 }, (_, word) => 0xffffffff - word),
    networks: Uint32Array.from({ length }, (_, row) => row % 300),
    bytesIn: column(0),
    packetsIn: column(length),
    bytesOut: column(2 * length),
    packetsOut: column(3 * length),
  };
}

function bytesOf({ buffer, byteOffset, byteLength }: Float64Array | Uint32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
