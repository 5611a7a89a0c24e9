// The outermost IP header: addresses and total length. Tunnels are not opened, extension headers not followed
// (but for the Jumbo Payload option), fragments count like any other packet.

import { byteAt, type DecodedFrame, FrameKind, shortAt, wordAt } from "./decoded-frame.ts";
import { longPayloadBytes } from "./ipv6-long-payload.ts";

/** RFC 791 section 3.1: the shortest header, five words. */
const IPV4_HEADER_BYTES = 20;
/** RFC 8200 section 3: the fixed header. */
const IPV6_HEADER_BYTES = 40;
/** Third word of ::ffff:0:0/96, RFC 4291 section 2.5.5.2. */
const MAPPED_WORD = 0xffff;

/**
 * IPv4 (RFC 791 section 3.1): bytes = Total Length, also where the snap length or the sender cut the rest off.
 * Total Length 0 means segmentation is still to come (TSO, BIG TCP: linux/include/net/ip.h, skb_ip_totlen), so the
 * frame's own length counts. Another version, a header under 20 bytes or a length under the header's is a failure.
 */
export function decodeIPv4(out: DecodedFrame, frame: Uint8Array, at: number): FrameKind {
  if (out.capturedEnd - at < IPV4_HEADER_BYTES) return FrameKind.parseFailure;
  const first = byteAt(frame, at);
  const headerBytes = (first & 0xf) << 2;
  if (first >> 4 !== 4 || headerBytes < IPV4_HEADER_BYTES) return FrameKind.parseFailure;
  const totalLength = shortAt(frame, at + 2);
  const bytes = totalLength === 0 ? out.wireEnd - at : totalLength;
  if (bytes < headerBytes) return FrameKind.parseFailure;
  out.bytes = bytes;
  out.source0 = 0;
  out.source1 = 0;
  out.source2 = MAPPED_WORD;
  out.source3 = wordAt(frame, at + 12);
  out.destination0 = 0;
  out.destination1 = 0;
  out.destination2 = MAPPED_WORD;
  out.destination3 = wordAt(frame, at + 16);
  return FrameKind.ip;
}

/** IPv6 (RFC 8200 section 3): bytes = 40 + Payload Length; where that is 0, ipv6-long-payload.ts says how long it is. */
export function decodeIPv6(out: DecodedFrame, frame: Uint8Array, at: number): FrameKind {
  if (out.capturedEnd - at < IPV6_HEADER_BYTES) return FrameKind.parseFailure;
  if (byteAt(frame, at) >> 4 !== 6) return FrameKind.parseFailure;
  const payloadLength = shortAt(frame, at + 4);
  out.bytes = IPV6_HEADER_BYTES + (payloadLength === 0 ? longPayloadBytes(out, frame, at) : payloadLength);
  out.source0 = wordAt(frame, at + 8);
  out.source1 = wordAt(frame, at + 12);
  out.source2 = wordAt(frame, at + 16);
  out.source3 = wordAt(frame, at + 20);
  out.destination0 = wordAt(frame, at + 24);
  out.destination1 = wordAt(frame, at + 28);
  out.destination2 = wordAt(frame, at + 32);
  out.destination3 = wordAt(frame, at + 36);
  return FrameKind.ip;
}

/**
 * A packet whose version nibble alone says what it is. Any other nibble is `otherwise`: a failure where only IP may
 * stand (raw IP), non-IP where something else may (RFC 4928 section 3: behind MPLS, a pseudowire has nibble 0 or 1).
 */
export function decodeByVersion(out: DecodedFrame, frame: Uint8Array, at: number, otherwise: FrameKind): FrameKind {
  if (at >= out.capturedEnd) return FrameKind.parseFailure;
  const version = byteAt(frame, at) >> 4;
  if (version === 4) return decodeIPv4(out, frame, at);
  return version === 6 ? decodeIPv6(out, frame, at) : otherwise;
}
