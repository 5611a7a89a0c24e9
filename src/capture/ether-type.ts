// From an EtherType to the IP header: VLAN tags, LLC/SNAP, MPLS and PPPoE, as deep as HEADERS_BYTES reach.
// A header that the frame does not hold in full is a parse failure (a runt); a protocol that is not IP is non-IP.

import { byteAt, type DecodedFrame, FrameKind, shortAt } from "./decoded-frame.ts";
import { decodeByVersion, decodeIPv4, decodeIPv6 } from "./ip-header.ts";

/** Up to here the field is an IEEE 802.3 length, section 3.2.6; 1501 to 1535 is neither length nor type. */
const MAX_LENGTH = 1500;
export const MIN_ETHER_TYPE = 0x600;

/** IEEE 802 numbers, IANA registry. */
const EtherType = {
  ipv4: 0x0800,
  ipv6: 0x86dd,
  /** IEEE 802.1Q customer tag, IEEE 802.1ad service tag, and the tag of QinQ before 802.1ad. */
  vlan: 0x8100,
  serviceVlan: 0x88a8,
  oldServiceVlan: 0x9100,
  /** RFC 3032 section 5 and RFC 5332 section 3. */
  mpls: 0x8847,
  mplsUpstream: 0x8848,
  /** RFC 2516 section 4. Discovery, 0x8863, is non-IP. */
  pppoeSession: 0x8864,
} as const;

/** IANA PPP protocol numbers: RFC 1332 section 3, RFC 5072 section 2, RFC 3032 section 4.3. */
const PppProtocol = { ipv4: 0x0021, ipv6: 0x0057, mpls: 0x0281, mplsMulticast: 0x0283 } as const;

/** IEEE 802.2: SNAP's service access points; its control field is 3, its organisation 0 for EtherTypes (RFC 1042). */
const SNAP_ACCESS_POINTS = 0xaaaa;
const SNAP_BYTES = 8;

/** Decodes the payload at `at` of a header whose type or length field reads `type`. */
export function decodeEtherType(out: DecodedFrame, frame: Uint8Array, at: number, type: number): FrameKind {
  let next = type;
  let payload = at;
  for (;;) {
    if (isVlanTag(next)) {
      if (out.capturedEnd - payload < 4) return FrameKind.parseFailure;
      next = shortAt(frame, payload + 2);
      payload += 4;
    } else if (next <= MAX_LENGTH) {
      const kind = checkSnap(out, frame, payload);
      if (kind !== FrameKind.ip) return kind;
      next = shortAt(frame, payload + 6);
      payload += SNAP_BYTES;
    } else {
      return decodeNetworkLayer(out, frame, payload, next);
    }
  }
}

/** PPP (RFC 1661 section 2) from its protocol field on, which is one odd byte if compressed (section 6.5). */
export function decodePpp(out: DecodedFrame, frame: Uint8Array, at: number): FrameKind {
  const captured = out.capturedEnd - at;
  const compressed = (byteAt(frame, at) & 1) === 1;
  if (captured < 1 || (captured < 2 && !compressed)) return FrameKind.parseFailure;
  const payload = compressed ? at + 1 : at + 2;
  switch (compressed ? byteAt(frame, at) : shortAt(frame, at)) {
    case PppProtocol.ipv4:
      return decodeIPv4(out, frame, payload);
    case PppProtocol.ipv6:
      return decodeIPv6(out, frame, payload);
    case PppProtocol.mpls:
    case PppProtocol.mplsMulticast:
      return decodeMpls(out, frame, payload);
    default:
      return FrameKind.nonIp;
  }
}

/** PPPoE (RFC 2516 section 4): version and type 1, code 0 for a session; any other code is discovery, non-IP. */
export function decodePppoe(out: DecodedFrame, frame: Uint8Array, at: number): FrameKind {
  if (out.capturedEnd - at < 6 || byteAt(frame, at) !== 0x11) return FrameKind.parseFailure;
  return byteAt(frame, at + 1) === 0 ? decodePpp(out, frame, at + 6) : FrameKind.nonIp;
}

function isVlanTag(type: number): boolean {
  return type === EtherType.vlan || type === EtherType.serviceVlan || type === EtherType.oldServiceVlan;
}

function decodeNetworkLayer(out: DecodedFrame, frame: Uint8Array, at: number, type: number): FrameKind {
  switch (type) {
    case EtherType.ipv4:
      return decodeIPv4(out, frame, at);
    case EtherType.ipv6:
      return decodeIPv6(out, frame, at);
    case EtherType.mpls:
    case EtherType.mplsUpstream:
      return decodeMpls(out, frame, at);
    case EtherType.pppoeSession:
      return decodePppoe(out, frame, at);
    default:
      return FrameKind.nonIp;
  }
}

/**
 * `ip` if a SNAP header with an EtherType stands at `at` (RFC 1042), so that decoding goes on; non-IP for other LLC
 * (spanning tree), another organisation, and Novell's raw 802.3, whose FFFF checksum stands where LLC would.
 */
function checkSnap(out: DecodedFrame, frame: Uint8Array, at: number): FrameKind {
  if (out.capturedEnd - at < 3) return FrameKind.parseFailure;
  if (shortAt(frame, at) !== SNAP_ACCESS_POINTS || byteAt(frame, at + 2) !== 3) return FrameKind.nonIp;
  if (out.capturedEnd - at < SNAP_BYTES) return FrameKind.parseFailure;
  const organisation = (byteAt(frame, at + 3) << 16) | shortAt(frame, at + 4);
  const isEtherType = organisation === 0 && shortAt(frame, at + 6) >= MIN_ETHER_TYPE;
  return isEtherType ? FrameKind.ip : FrameKind.nonIp;
}

/** A label stack (RFC 3032 section 2.1), each entry four bytes, down to the one with the bottom-of-stack bit. */
function decodeMpls(out: DecodedFrame, frame: Uint8Array, at: number): FrameKind {
  for (let entry = at; out.capturedEnd - entry >= 4; entry += 4) {
    if ((byteAt(frame, entry + 2) & 1) === 1) return decodeByVersion(out, frame, entry + 4, FrameKind.nonIp);
  }
  return FrameKind.parseFailure;
}
