// What decoding one frame yields, and the byte loads that every header parser shares. All state of one decode lives
// in this one object, so that the parsers allocate nothing and take few arguments.

/** Every frame is exactly one of these: counted as IP, seen but not IP, or cut or absurd. */
export const FrameKind = { ip: 0, nonIp: 1, parseFailure: 2 } as const;
export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind];

/**
 * All headers, the IP header included, are looked for in so many first bytes of a frame: forty tags and more fit. What
 * the ring of the pcap backend keeps and how far the kernel's program walks follow from it, so that all three agree.
 */
export const HEADERS_BYTES = 256;

/**
 * The last decoded frame. Addresses are four int32 words in network order (`>>> 0` gives model/address words), IPv4 as
 * ::ffff:a.b.c.d, because V8 keeps int32 fields unboxed. `bytes` and the words mean something only when `kind` is `ip`.
 */
export class DecodedFrame {
  kind: FrameKind = FrameKind.ip;
  /** IP total length of the outermost IP header, without padding. */
  bytes = 0;
  source0 = 0;
  source1 = 0;
  source2 = 0;
  source3 = 0;
  destination0 = 0;
  destination1 = 0;
  destination2 = 0;
  destination3 = 0;
  /** Index in the buffer after the last captured byte of the frame that is looked at. */
  capturedEnd = 0;
  /** Index in the buffer where the frame would end had it not been cut by the snap length. */
  wireEnd = 0;
}

/** The byte at `at`. Parsers check `capturedEnd` first; a caller's buffer that is shorter than promised reads as zeros. */
export function byteAt(frame: Uint8Array, at: number): number {
  return frame[at] ?? 0;
}

/** The big-endian 16-bit number at `at`. Flat, like `wordAt`: calls in calls would use up V8's inlining budget. */
export function shortAt(frame: Uint8Array, at: number): number {
  return ((frame[at] ?? 0) << 8) | (frame[at + 1] ?? 0);
}

/** The big-endian 32-bit word at `at`, as an int32. */
export function wordAt(frame: Uint8Array, at: number): number {
  return ((frame[at] ?? 0) << 24) | ((frame[at + 1] ?? 0) << 16) | ((frame[at + 2] ?? 0) << 8) | (frame[at + 3] ?? 0);
}
