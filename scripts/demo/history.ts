// A capture file of the customers' usage so far. It holds headers alone, of packets of up to half a megabyte, as a
// capture with segmentation offload and a short snap length shows them: a month of megabits fits into some 100 MB.

import { open } from "node:fs/promises";
import { pcapHeader } from "../../test/support/capture-file.ts";
import { ethernet, IPV4, IPV6, ipv4, ipv6 } from "../../test/support/frames.ts";
import { SeededRandom } from "../../test/support/seeded-random.ts";
import { BILLING_INTERVAL_MS } from "../../src/model/time.ts";
import { CUSTOMERS, type Customer, DIRECTIONS, type Direction } from "./customers.ts";
import { volumeKey, type Volumes, volumesBy } from "./volumes.ts";

export interface History {
  readonly startMs: number;
  /** Both are on the billing grid. */
  readonly endMs: number;
}

/** One address in one direction. */
interface Lane {
  readonly customer: Customer;
  readonly direction: Direction;
  /** Without time and length, its frame cut behind the IP header. */
  readonly record: Uint8Array;
  readonly isIPv6: boolean;
}

/** Its packets in one billing interval, and their IP bytes together. */
interface Stream {
  readonly lane: Lane;
  readonly volume: number;
  readonly packets: number;
}

/** The longest packet that Linux makes for segmentation offload (GSO_MAX_SIZE). */
const MAX_PACKET_BYTES = 524_280;
/** What the headers can say; a longer packet says 0 there, and its length on the wire counts. */
const MAX_STATED_IPV4 = 65_535;
const IPV6_HEADER_BYTES = 40;
const MAX_STATED_IPV6 = IPV6_HEADER_BYTES + 65_535;
const SLOTS = 60;
const RECORD_HEADER_BYTES = 16;
const CAPTURED_LENGTH_AT = 8;
const WIRE_LENGTH_AT = 12;
const ETHERNET_BYTES = 14;
const REMOTE = { ipv4: "198.51.100.7", ipv6: "2001:db8:ffff::7" };
const SEED = 95;

/** Writes the file and returns the bytes that it says. Rejects when `signal` aborts. */
export async function writeHistory(path: string, { startMs, endMs }: History, signal: AbortSignal): Promise<Volumes> {
  const random = new SeededRandom(SEED);
  const lanes = allLanes();
  const sent = new Map<string, number>();
  await using file = await open(path, "w");
  await file.write(pcapHeader(1));
  for (let timeMs = startMs; timeMs < endMs; timeMs += BILLING_INTERVAL_MS) {
    signal.throwIfAborted();
    const streams = lanes.map((lane) => streamAt(timeMs, lane, random));
    await file.write(interval(timeMs, streams));
    for (const { lane, volume } of streams) {
      const key = volumeKey(lane.customer.name, lane.direction);
      sent.set(key, (sent.get(key) ?? 0) + volume);
    }
  }
  return volumesBy((customer, direction) => sent.get(volumeKey(customer, direction)) ?? 0);
}

function allLanes(): readonly Lane[] {
  return CUSTOMERS.flatMap((customer) =>
    DIRECTIONS.flatMap((direction) => customer.addresses.map((address) => laneOf(customer, direction, address))),
  );
}

function laneOf(customer: Customer, direction: Direction, address: string): Lane {
  const isIPv6 = address.includes(":");
  const remote = isIPv6 ? REMOTE.ipv6 : REMOTE.ipv4;
  const ends = direction === "in" ? { source: remote, destination: address } : { source: address, destination: remote };
  const packet = { ...ends, payload: new Uint8Array(0) };
  const frame = isIPv6 ? ethernet(IPV6, ipv6(packet)) : ethernet(IPV4, ipv4(packet));
  const record = Buffer.concat([new Uint8Array(RECORD_HEADER_BYTES), frame]);
  record.writeUInt32LE(frame.length, CAPTURED_LENGTH_AT);
  return { customer, direction, record, isIPv6 };
}

function streamAt(timeMs: number, lane: Lane, random: SeededRandom): Stream {
  const { customer, direction } = lane;
  const rate = (customer.ratesAt(timeMs)[direction] / customer.addresses.length) * random.between(0.9, 1.1);
  const volume = Math.round((rate * BILLING_INTERVAL_MS) / 8_000);
  return { lane, volume, packets: Math.max(2, Math.ceil(volume / MAX_PACKET_BYTES)) };
}

/** The packets of an interval in the order of time: the first at its start, the last in its last millisecond. */
function interval(startMs: number, streams: readonly Stream[]): Buffer {
  const size = streams.reduce((sum, { lane, packets }) => sum + lane.record.length * packets, 0);
  const chunk = Buffer.alloc(size);
  let at = 0;
  for (let slot = 0; slot < SLOTS; slot++) {
    const timeMs = startMs + Math.floor((slot * (BILLING_INTERVAL_MS - 1)) / (SLOTS - 1));
    for (const stream of streams) {
      const end = firstOf(slot + 1, stream);
      for (let packet = firstOf(slot, stream); packet < end; packet++)
        at = write(chunk, at, { stream, packet, timeMs });
    }
  }
  return chunk;
}

/** The first packet of the slot or of a later one. */
function firstOf(slot: number, { packets }: Stream): number {
  return Math.min(packets, Math.ceil((slot * (packets - 1)) / (SLOTS - 1)));
}

function write(chunk: Buffer, at: number, of: { stream: Stream; packet: number; timeMs: number }): number {
  const { lane, volume, packets } = of.stream;
  const { record, isIPv6 } = lane;
  const length = Math.floor((volume * (of.packet + 1)) / packets) - Math.floor((volume * of.packet) / packets);
  chunk.set(record, at);
  chunk.writeUInt32LE(Math.floor(of.timeMs / 1000), at);
  chunk.writeUInt32LE((of.timeMs % 1000) * 1000, at + 4);
  chunk.writeUInt32LE(ETHERNET_BYTES + length, at + WIRE_LENGTH_AT);
  const header = at + RECORD_HEADER_BYTES + ETHERNET_BYTES;
  if (isIPv6) chunk.writeUInt16BE(length > MAX_STATED_IPV6 ? 0 : length - IPV6_HEADER_BYTES, header + 4);
  else chunk.writeUInt16BE(length > MAX_STATED_IPV4 ? 0 : length, header + 2);
  return at + record.length;
}
