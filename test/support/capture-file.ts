// Writers of capture files: pcap and pcapng of either byte order and any time resolution, whole or block by block.

import { bytes } from "./frames.ts";

export interface CapturedFrame {
  /** Nanoseconds since the epoch; a format of a coarser resolution rounds down. */
  readonly timeNs: bigint;
  readonly frame: Uint8Array;
  /** `frame.length` where absent. */
  readonly wireLength?: number;
  /** LINKTYPE_ number, 1 where absent. pcap takes that of its first frame for all. */
  readonly linkType?: number;
}

export interface PcapFormat {
  readonly little?: boolean;
  readonly nanoseconds?: boolean;
}

export interface PcapngFormat {
  readonly little?: boolean;
  /** The if_tsresol byte; microseconds, without the option, where absent. */
  readonly resolution?: number;
  /** The if_tsoffset option, seconds. */
  readonly offsetSeconds?: bigint;
}

export function pcapFile(frames: readonly CapturedFrame[], format: PcapFormat = {}): Uint8Array {
  const { little = true, nanoseconds = false } = format;
  const head = pcapHeader(frames[0]?.linkType ?? 1, format);
  const { word } = wordsOf(little);
  const records = frames.map(({ timeNs, frame, wireLength = frame.length }) => {
    const fraction = timeNs % 1_000_000_000n;
    return bytes(
      word(Number(timeNs / 1_000_000_000n)),
      word(Number(nanoseconds ? fraction : fraction / 1000n)),
      word(frame.length),
      word(wireLength),
      frame,
    );
  });
  return bytes(head, ...records);
}

/** The 24-byte file header; `network` is the whole 32-bit field. */
export function pcapHeader(network: number, { little = true, nanoseconds = false }: PcapFormat = {}): Uint8Array {
  const { short, word } = wordsOf(little);
  const magic = word(nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4);
  return bytes(magic, short(2), short(4), word(0), word(0), word(262_144), word(network));
}

/** One section with an interface for each link type, in enhanced packet blocks. */
export function pcapngFile(frames: readonly CapturedFrame[], format: PcapngFormat = {}): Uint8Array {
  const { little = true } = format;
  const linkTypes = [...new Set(frames.map(({ linkType = 1 }) => linkType))];
  const interfaces = linkTypes.map((linkType) => interfaceBlock(linkType, format));
  const packets = frames.map((frame) => enhancedPacket(frame, linkTypes.indexOf(frame.linkType ?? 1), format));
  return bytes(sectionHeader(little), ...interfaces, ...packets);
}

export function sectionHeader(little: boolean): Uint8Array {
  const { short, word } = wordsOf(little);
  return block(0x0a0d0d0a, bytes(word(0x1a2b3c4d), short(1), short(0), "ff ff ff ff ff ff ff ff"), little);
}

export function interfaceBlock(linkType: number, format: PcapngFormat = {}, snapLength = 0): Uint8Array {
  const { little = true, resolution, offsetSeconds } = format;
  const { short, word, long } = wordsOf(little);
  const name = bytes(short(2), short(3), Buffer.from("eth\0"));
  const tsresol = resolution === undefined ? "" : bytes(short(9), short(1), [resolution, 0, 0, 0]);
  const tsoffset = offsetSeconds === undefined ? "" : bytes(short(14), short(8), long(offsetSeconds));
  const end = bytes(short(0), short(0));
  return block(1, bytes(short(linkType), short(0), word(snapLength), name, tsresol, tsoffset, end), little);
}

export function enhancedPacket(packet: CapturedFrame, interfaceNumber: number, format: PcapngFormat = {}): Uint8Array {
  const { little = true } = format;
  const { word } = wordsOf(little);
  return block(6, bytes(word(interfaceNumber), packetBody(packet, format)), little);
}

/** The obsolete packet block (type 2): a 16-bit interface number and a drop count. */
export function obsoletePacket(packet: CapturedFrame, interfaceNumber: number, format: PcapngFormat = {}): Uint8Array {
  const { little = true } = format;
  const { short } = wordsOf(little);
  return block(2, bytes(short(interfaceNumber), short(0xffff), packetBody(packet, format)), little);
}

/** A simple packet block (type 3), which has no time. */
export function simplePacket(frame: Uint8Array, little = true, wireLength = frame.length): Uint8Array {
  return block(3, bytes(wordsOf(little).word(wireLength), frame), little);
}

/** Any block: the body is padded to a multiple of four. */
export function block(type: number, body: Uint8Array, little = true): Uint8Array {
  const { word } = wordsOf(little);
  const padding = new Uint8Array((4 - (body.length % 4)) % 4);
  const length = word(12 + body.length + padding.length);
  return bytes(word(type), length, body, padding, length);
}

function packetBody({ timeNs, frame, wireLength = frame.length }: CapturedFrame, format: PcapngFormat): Uint8Array {
  const { little = true, resolution = 6, offsetSeconds = 0n } = format;
  const { word } = wordsOf(little);
  const unit = (resolution & 0x80 ? 2n : 10n) ** BigInt(resolution & 0x7f);
  const ticks = ((timeNs - offsetSeconds * 1_000_000_000n) * unit) / 1_000_000_000n;
  const [high, low] = [Number(ticks >> 32n), Number(ticks & 0xffffffffn)];
  return bytes(word(high), word(low), word(frame.length), word(wireLength), frame);
}

interface Words {
  readonly short: (value: number) => Uint8Array;
  readonly word: (value: number) => Uint8Array;
  readonly long: (value: bigint) => Uint8Array;
}

/** Numbers of one byte order. */
function wordsOf(little: boolean): Words {
  const write = (length: number, set: (view: DataView) => void): Uint8Array => {
    const view = new DataView(new ArrayBuffer(length));
    set(view);
    return new Uint8Array(view.buffer);
  };
  return {
    short: (value) => write(2, (view) => view.setUint16(0, value, little)),
    word: (value) => write(4, (view) => view.setUint32(0, value, little)),
    long: (value) => write(8, (view) => view.setBigInt64(0, value, little)),
  };
}
