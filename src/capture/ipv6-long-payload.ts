// IPv6 packets whose Payload Length is 0 because it does not fit in 16 bits (or because there is no payload):
// jumbograms with their option (RFC 2675) and Linux BIG TCP super-packets with or without it.

import { byteAt, type DecodedFrame, shortAt } from "./decoded-frame.ts";

const FIXED_HEADER_BYTES = 40;
/** The longest packet that Payload Length can state: 40 + 65535. */
const LONGEST_STATED_BYTES = 65_575;
const NEXT_HEADER_HOP_BY_HOP = 0;
const OPTION_PAD1 = 0;
/** RFC 2675 section 2. */
const OPTION_JUMBO_PAYLOAD = 0xc2;
/**
 * The longest packet that a Linux interface passes on (GSO_MAX_SIZE, linux/include/linux/netdevice.h). A longer claim is
 * not believed: one forged option would put 4 GiB on a bill.
 */
const LONGEST_JUMBO_BYTES = 524_280;
/** Options looked at. The option's alignment (4n + 2) makes it the first one in practice; a kernel loop needs a bound. */
const MAX_OPTIONS = 8;

/**
 * Bytes after the fixed header when Payload Length is 0: the Jumbo Payload Length where there is a credible one; else the
 * rest of the frame where it is longer than Payload Length could have said; else none.
 */
export function longPayloadBytes(out: DecodedFrame, frame: Uint8Array, at: number): number {
  if (byteAt(frame, at + 6) === NEXT_HEADER_HOP_BY_HOP) {
    const jumbo = jumboPayloadBytes(out, frame, at + FIXED_HEADER_BYTES);
    if (jumbo !== 0) return jumbo;
  }
  const wireBytes = out.wireEnd - at;
  return wireBytes > LONGEST_STATED_BYTES ? wireBytes - FIXED_HEADER_BYTES : 0;
}

/** The Jumbo Payload Length of the hop-by-hop header at `at` (RFC 8200 section 4.3), 0 without a credible one. */
function jumboPayloadBytes(out: DecodedFrame, frame: Uint8Array, at: number): number {
  if (out.capturedEnd - at < 2) return 0;
  const end = Math.min(out.capturedEnd, at + ((byteAt(frame, at + 1) + 1) << 3));
  let option = at + 2;
  for (let count = 0; count < MAX_OPTIONS && option + 6 <= end; count++) {
    const type = byteAt(frame, option);
    const length = byteAt(frame, option + 1);
    if (type === OPTION_JUMBO_PAYLOAD && length === 4) {
      const stated = shortAt(frame, option + 2) * 65_536 + shortAt(frame, option + 4);
      return stated > LONGEST_JUMBO_BYTES ? 0 : stated;
    }
    option += type === OPTION_PAD1 ? 1 : 2 + length;
  }
  return 0;
}
