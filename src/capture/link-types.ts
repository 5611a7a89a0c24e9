// The link types that we decode, and the way from each one's first byte to an EtherType, a PPP protocol or an IP header.
// Numbers and layouts: https://www.tcpdump.org/linktypes.html.

import { byteAt, type DecodedFrame, FrameKind, shortAt, wordAt } from "./decoded-frame.ts";
import { decodeEtherType, decodePpp, decodePppoe, MIN_ETHER_TYPE } from "./ether-type.ts";
import { decodeByVersion, decodeIPv4, decodeIPv6 } from "./ip-header.ts";

/** LINKTYPE_ numbers. 12 and 14 are what DLT_RAW is on some systems, found in files that wrote the DLT number. */
export const LinkType = {
  null: 0,
  ethernet: 1,
  ppp: 9,
  rawBsd: 12,
  rawOpenBsd: 14,
  pppHdlc: 50,
  pppEther: 51,
  raw: 101,
  loop: 108,
  linuxSll: 113,
  ipv4: 228,
  ipv6: 229,
  linuxSll2: 276,
} as const;

const SUPPORTED: ReadonlySet<number> = new Set(Object.values(LinkType));

const ETHERNET_BYTES = 14;
const SLL_BYTES = 16;
const SLL2_BYTES = 20;

export function isSupportedLinkType(linkType: number): boolean {
  return SUPPORTED.has(linkType);
}

/** Decodes the frame of `linkType` that starts at `at`; a frame too short for its link header is a parse failure. */
export function decodeLink(out: DecodedFrame, frame: Uint8Array, at: number, linkType: number): FrameKind {
  switch (linkType) {
    case LinkType.ethernet:
      if (out.capturedEnd - at < ETHERNET_BYTES) return FrameKind.parseFailure;
      return decodeEtherType(out, frame, at + ETHERNET_BYTES, shortAt(frame, at + 12));
    case LinkType.raw:
    case LinkType.rawBsd:
    case LinkType.rawOpenBsd:
      return decodeByVersion(out, frame, at, FrameKind.parseFailure);
    case LinkType.ipv4:
      return decodeIPv4(out, frame, at);
    case LinkType.ipv6:
      return decodeIPv6(out, frame, at);
    default:
      return decodeRareLink(out, frame, at, linkType);
  }
}

function decodeRareLink(out: DecodedFrame, frame: Uint8Array, at: number, linkType: number): FrameKind {
  switch (linkType) {
    case LinkType.linuxSll:
      if (out.capturedEnd - at < SLL_BYTES) return FrameKind.parseFailure;
      return decodeSllProtocol(out, frame, at + SLL_BYTES, shortAt(frame, at + 14));
    case LinkType.linuxSll2:
      if (out.capturedEnd - at < SLL2_BYTES) return FrameKind.parseFailure;
      return decodeSllProtocol(out, frame, at + SLL2_BYTES, shortAt(frame, at));
    case LinkType.null:
    case LinkType.loop:
      return decodeFamily(out, frame, at, linkType === LinkType.null);
    case LinkType.ppp:
      return decodeFramedPpp(out, frame, at);
    case LinkType.pppHdlc:
      return decodeHdlc(out, frame, at);
    case LinkType.pppEther:
      return decodePppoe(out, frame, at);
    default:
      return FrameKind.nonIp;
  }
}

/** Linux cooked captures: an EtherType, or below 0x600 an ETH_P_ number, of which 4 says that LLC follows. */
function decodeSllProtocol(out: DecodedFrame, frame: Uint8Array, at: number, protocol: number): FrameKind {
  if (protocol < MIN_ETHER_TYPE && protocol !== 4) return FrameKind.nonIp;
  return decodeEtherType(out, frame, at, protocol);
}

/**
 * BSD loopback: four bytes of address family, in network order (LOOP) or in that of the capturing host (NULL).
 * AF_INET is 2 everywhere; AF_INET6 is 10 (Linux), 24 (NetBSD, OpenBSD), 28 (FreeBSD) or 30 (macOS).
 */
function decodeFamily(out: DecodedFrame, frame: Uint8Array, at: number, anyOrder: boolean): FrameKind {
  if (out.capturedEnd - at < 4) return FrameKind.parseFailure;
  const word = wordAt(frame, at);
  const family = anyOrder && (word & 0xffffff) === 0 ? word >>> 24 : word;
  switch (family) {
    case 2:
      return decodeIPv4(out, frame, at + 4);
    case 10:
    case 24:
    case 28:
    case 30:
      return decodeIPv6(out, frame, at + 4);
    default:
      return FrameKind.nonIp;
  }
}

/** PPP with or without the address and control bytes FF 03 of HDLC-like framing (RFC 1662 section 3.1). */
function decodeFramedPpp(out: DecodedFrame, frame: Uint8Array, at: number): FrameKind {
  const framed = byteAt(frame, at) === 0xff && (out.capturedEnd - at < 2 || byteAt(frame, at + 1) === 3);
  return decodePpp(out, frame, framed ? at + 2 : at);
}

/** PPP in HDLC-like framing, or Cisco HDLC (RFC 1547 section 4.3.1): address 0F or 8F, control 0, EtherType. */
function decodeHdlc(out: DecodedFrame, frame: Uint8Array, at: number): FrameKind {
  const address = byteAt(frame, at);
  if (address !== 0x0f && address !== 0x8f) return decodeFramedPpp(out, frame, at);
  if (out.capturedEnd - at < 4) return FrameKind.parseFailure;
  const type = shortAt(frame, at + 2);
  return type < MIN_ETHER_TYPE ? FrameKind.nonIp : decodeEtherType(out, frame, at + 4, type);
}
