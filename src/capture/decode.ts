// The frame decoder: from one captured frame to the addresses and the byte count of its outermost IP header.
// Never throws and never allocates; every frame gets one kind, so that nothing captured goes uncounted.

import { DecodedFrame, HEADERS_BYTES } from "./decoded-frame.ts";
import { decodeLink, isSupportedLinkType } from "./link-types.ts";

export { FrameKind } from "./decoded-frame.ts";

/** Decodes frames of one link type (LINKTYPE_ number of pcap); the result is in its own fields until the next `decode`. */
export class FrameDecoder extends DecodedFrame {
  readonly linkType: number;

  /** Throws a RangeError on a link type that `isSupportedLinkType` denies. */
  constructor(linkType: number) {
    super();
    if (!isSupportedLinkType(linkType)) throw new RangeError(`cannot decode link type ${linkType}`);
    this.linkType = linkType;
  }

  /**
   * Decodes the frame at `frame[offset, offset + capturedLength)`. `wireLength` is its length in bytes before the snap
   * length cut it; it matters only where the IP header does not state a length.
   */
  decode(frame: Uint8Array, offset: number, capturedLength: number, wireLength: number): void {
    this.capturedEnd = offset + Math.min(capturedLength, HEADERS_BYTES);
    this.wireEnd = offset + wireLength;
    this.kind = decodeLink(this, frame, offset, this.linkType);
  }
}
