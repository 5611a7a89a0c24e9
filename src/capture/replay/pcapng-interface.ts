// The Interface Description Block of pcapng: what the packets of one interface have in common.
// Format: draft-ietf-opsawg-pcapng section 4.2 (https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-03.html).

import type { ByteWindow } from "./byte-window.ts";
import { DEFAULT_RESOLUTION, PcapngClock } from "./pcapng-time.ts";

export interface PcapngInterface {
  /** Not checked: an interface without packets may be of any type. */
  readonly linkType: number;
  /** Bytes, for packets that do not state their captured length; infinite where the block says 0. */
  readonly snapLength: number;
  readonly clock: PcapngClock;
}

/** Type, length, link type, reserved and snap length; the options follow. */
const OPTIONS_AT = 16;
const TRAILER_BYTES = 4;
const OPTION_TSRESOL = 9;
const OPTION_TSOFFSET = 14;

/** Reads the block of `length` bytes at the window's start. Throws a CaptureFileError where its options overrun it. */
export function readInterface(window: ByteWindow, length: number, little: boolean): PcapngInterface {
  const { view, start: at } = window;
  const snapLength = view.getUint32(at + 12, little);
  return {
    linkType: view.getUint16(at + 8, little),
    snapLength: snapLength === 0 ? Number.POSITIVE_INFINITY : snapLength,
    clock: readClock(window, at + OPTIONS_AT, at + length - TRAILER_BYTES, little),
  };
}

function readClock(window: ByteWindow, start: number, end: number, little: boolean): PcapngClock {
  const { view } = window;
  let resolution = DEFAULT_RESOLUTION;
  let offsetSeconds = 0n;
  for (let at = start; at + 4 <= end;) {
    const code = view.getUint16(at, little);
    const length = view.getUint16(at + 2, little);
    if (code === 0) break;
    if (at + 4 + length > end) throw overrun(window, at, code);
    if (code === OPTION_TSRESOL && length === 1) resolution = view.getUint8(at + 4);
    if (code === OPTION_TSOFFSET && length === 8) offsetSeconds = view.getBigInt64(at + 4, little);
    at += 4 + Math.ceil(length / 4) * 4;
  }
  return new PcapngClock(resolution, offsetSeconds);
}

function overrun(window: ByteWindow, at: number, code: number): Error {
  return window.errorAt(at, `interface option ${code} is longer than its block; the file is corrupt, copy it again`);
}
