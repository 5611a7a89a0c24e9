// pcapng files: any number of sections, each of its own byte order, with any number of interfaces.
// Format: draft-ietf-opsawg-pcapng (https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-03.html).

import { type ByteWindow, MAX_RECORD_BYTES } from "./byte-window.ts";
import type { PacketFeed } from "./packet-feed.ts";
import { checkLinkType } from "./link-type-check.ts";
import { type PcapngInterface, readInterface } from "./pcapng-interface.ts";

/** Reads the same in both byte orders. */
const SECTION_HEADER = 0x0a0d0d0a;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const INTERFACE_DESCRIPTION = 1;
const OBSOLETE_PACKET = 2;
const SIMPLE_PACKET = 3;
const ENHANCED_PACKET = 6;

const MIN_BLOCK_BYTES = 12;
const SECTION_HEADER_BYTES = 28;
const ENHANCED_PACKET_BYTES = 32;
const TRAILER_BYTES = 4;
/** Bytes of a block without its data and options, trailer included. */
const MIN_BYTES: ReadonlyMap<number, number> = new Map([
  [SECTION_HEADER, SECTION_HEADER_BYTES],
  [INTERFACE_DESCRIPTION, 20],
  [OBSOLETE_PACKET, ENHANCED_PACKET_BYTES],
  [SIMPLE_PACKET, 16],
]);

/** The parser for the file whose head is in `window`; null unless it starts with a section header. */
export function openPcapng(window: ByteWindow, feed: PacketFeed): PcapngParser | null {
  const { view, start, end } = window;
  const whole = end - start >= SECTION_HEADER_BYTES;
  return whole && view.getUint32(start) === SECTION_HEADER ? new PcapngParser(feed) : null;
}

class PcapngParser {
  readonly #feed: PacketFeed;
  #little = true;
  /** Of the current section. */
  #interfaces: PcapngInterface[] = [];

  constructor(feed: PacketFeed) {
    this.#feed = feed;
  }

  parse(window: ByteWindow): void {
    const { view, end } = window;
    this.#feed.record.frame = window.bytes;
    while (end - window.start >= MIN_BLOCK_BYTES) {
      if (view.getUint32(window.start) === SECTION_HEADER) this.#startSection(window);
      const type = view.getUint32(window.start, this.#little);
      const length = this.#blockLength(window, type);
      if (end - window.start < length) return;
      const trailer = view.getUint32(window.start + length - TRAILER_BYTES, this.#little);
      if (trailer !== length)
        throw corrupt(window, length - TRAILER_BYTES, `block length ${length} ends as ${trailer}`);
      this.#block(window, type, length);
      window.start += length;
    }
  }

  /** Section 4.1: a section has its own byte order and numbers its interfaces from 0. */
  #startSection(window: ByteWindow): void {
    this.#little = window.view.getUint32(window.start + 8, true) === BYTE_ORDER_MAGIC;
    const magic = window.view.getUint32(window.start + 8, this.#little);
    if (magic !== BYTE_ORDER_MAGIC) throw corrupt(window, 8, `byte-order magic ${magic} is not ${BYTE_ORDER_MAGIC}`);
    this.#interfaces = [];
  }

  #blockLength(window: ByteWindow, type: number): number {
    const length = window.view.getUint32(window.start + 4, this.#little);
    const possible = length % 4 === 0 && length >= minimumBytes(type) && length <= MAX_RECORD_BYTES;
    if (!possible) throw corrupt(window, 4, `a block of type ${type} with ${length} bytes is impossible`);
    return length;
  }

  /** Blocks of other types are skipped. */
  #block(window: ByteWindow, type: number, length: number): void {
    switch (type) {
      case ENHANCED_PACKET:
        return this.#packet(window, length, window.view.getUint32(window.start + 8, this.#little));
      case OBSOLETE_PACKET:
        return this.#packet(window, length, window.view.getUint16(window.start + 8, this.#little));
      case SIMPLE_PACKET:
        return this.#simplePacket(window, length);
      case INTERFACE_DESCRIPTION:
        this.#interfaces.push(readInterface(window, length, this.#little));
    }
  }

  /** Section 4.3 and, with a 16-bit interface number, appendix A: high and low time, captured and original length. */
  #packet(window: ByteWindow, length: number, interfaceNumber: number): void {
    const { view, start } = window;
    const from = this.#interface(window, interfaceNumber);
    const timeMs = from.clock.toMs(view.getUint32(start + 12, this.#little), view.getUint32(start + 16, this.#little));
    if (Number.isNaN(timeMs)) throw corrupt(window, 12, "the packet's time is no date");
    this.#feed.record.timeMs = timeMs;
    this.#feed.record.capturedLength = view.getUint32(start + 20, this.#little);
    this.#feed.record.wireLength = view.getUint32(start + 24, this.#little);
    this.#emit(window, length, 28);
  }

  /** Section 4.4: of interface 0, without a time; it takes the time of the packet before it. */
  #simplePacket(window: ByteWindow, length: number): void {
    const { snapLength } = this.#interface(window, 0);
    if (this.#feed.packets === 0) {
      throw window.errorAt(
        window.start,
        "the first packet has no time; capture to pcap or with enhanced packet blocks",
      );
    }
    const wireLength = window.view.getUint32(window.start + 8, this.#little);
    this.#feed.record.capturedLength = Math.min(wireLength, snapLength);
    this.#feed.record.wireLength = wireLength;
    this.#emit(window, length, 12);
  }

  #interface(window: ByteWindow, interfaceNumber: number): PcapngInterface {
    const from = this.#interfaces[interfaceNumber];
    if (from === undefined) throw corrupt(window, 8, `interface ${interfaceNumber} is not described before its packet`);
    checkLinkType(window, window.start, from.linkType);
    this.#feed.record.linkType = from.linkType;
    return from;
  }

  #emit(window: ByteWindow, length: number, headerBytes: number): void {
    const { record } = this.#feed;
    if (record.capturedLength > length - headerBytes - TRAILER_BYTES) {
      throw corrupt(window, headerBytes, `a packet of ${record.capturedLength} bytes is longer than its block`);
    }
    record.offset = window.start + headerBytes;
    this.#feed.emit();
  }
}

function minimumBytes(type: number): number {
  return type === ENHANCED_PACKET ? ENHANCED_PACKET_BYTES : (MIN_BYTES.get(type) ?? MIN_BLOCK_BYTES);
}

function corrupt(window: ByteWindow, at: number, problem: string): Error {
  return window.errorAt(window.start + at, `${problem}; the file is corrupt, copy it again`);
}
