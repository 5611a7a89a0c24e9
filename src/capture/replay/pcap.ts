// pcap files, of either byte order, with microseconds or nanoseconds.
// Format: draft-ietf-opsawg-pcap (https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-04.html).

import { type ByteWindow, MAX_RECORD_BYTES } from "./byte-window.ts";
import { checkLinkType } from "./link-type-check.ts";
import type { PacketFeed } from "./packet-feed.ts";

const MAGIC_MICROSECONDS = 0xa1b2c3d4;
const MAGIC_NANOSECONDS = 0xa1b23c4d;
const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;

/** The parser for the file whose head is in `window`; null unless it starts with a whole pcap file header. */
export function openPcap(window: ByteWindow, feed: PacketFeed): PcapParser | null {
  const { view, start, end } = window;
  if (end - start < FILE_HEADER_BYTES) return null;
  const little = isMagic(view.getUint32(start, true));
  if (!little && !isMagic(view.getUint32(start, false))) return null;
  checkVersion(window, little);
  // The upper half of the field says how long the frame check sequence is, which changes no IP length.
  feed.record.linkType = view.getUint32(start + 20, little) & 0xffff;
  checkLinkType(window, start + 20, feed.record.linkType);
  window.start += FILE_HEADER_BYTES;
  const ticksPerMs = view.getUint32(start, little) === MAGIC_NANOSECONDS ? 1_000_000 : 1000;
  return new PcapParser(feed, little, ticksPerMs);
}

class PcapParser {
  readonly #feed: PacketFeed;
  readonly #little: boolean;
  readonly #ticksPerMs: number;

  constructor(feed: PacketFeed, little: boolean, ticksPerMs: number) {
    this.#feed = feed;
    this.#little = little;
    this.#ticksPerMs = ticksPerMs;
  }

  parse(window: ByteWindow): void {
    const { view, end } = window;
    this.#feed.record.frame = window.bytes;
    while (end - window.start >= RECORD_HEADER_BYTES) {
      const capturedLength = view.getUint32(window.start + 8, this.#little);
      if (capturedLength > MAX_RECORD_BYTES) throw this.#impossible(window, capturedLength);
      const next = window.start + RECORD_HEADER_BYTES + capturedLength;
      if (next > end) return;
      this.#emit(view, window.start, capturedLength);
      window.start = next;
    }
  }

  #emit(view: DataView, at: number, capturedLength: number): void {
    const { record } = this.#feed;
    const seconds = view.getUint32(at, this.#little);
    const fraction = view.getUint32(at + 4, this.#little);
    record.timeMs = seconds * 1000 + Math.floor(fraction / this.#ticksPerMs);
    record.offset = at + RECORD_HEADER_BYTES;
    record.capturedLength = capturedLength;
    record.wireLength = view.getUint32(at + 12, this.#little);
    this.#feed.emit();
  }

  #impossible(window: ByteWindow, capturedLength: number): Error {
    const problem = `a record of ${capturedLength} bytes is impossible`;
    return window.errorAt(window.start + 8, `${problem}; the file is corrupt, copy it again or cut it with editcap`);
  }
}

function isMagic(word: number): boolean {
  return word === MAGIC_MICROSECONDS || word === MAGIC_NANOSECONDS;
}

/** 2.4 since 1998. Earlier ones have other fields in the same places. */
function checkVersion(window: ByteWindow, little: boolean): void {
  const major = window.view.getUint16(window.start + 4, little);
  const minor = window.view.getUint16(window.start + 6, little);
  if (major === 2 && minor === 4) return;
  const problem = `pcap version ${major}.${minor} is not 2.4`;
  throw window.errorAt(window.start + 4, `${problem}; convert the file with editcap -F pcapng`);
}
