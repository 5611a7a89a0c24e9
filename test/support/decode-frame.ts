// Runs the frame decoder on one frame and says the result the way the vector table does.

import { FrameDecoder, FrameKind } from "../../src/capture/decode.ts";
import { formatAddress } from "../../src/model/address.ts";
import type { Expected } from "../fixtures/frame-vector.ts";

export function decodeFrame(linkType: number, frame: Uint8Array, wireLength = frame.length): Expected {
  const decoder = new FrameDecoder(linkType);
  decoder.decode(frame, 0, frame.length, wireLength);
  return resultOf(decoder);
}

export function resultOf(decoder: FrameDecoder): Expected {
  switch (decoder.kind) {
    case FrameKind.nonIp:
      return { kind: "non-ip" };
    case FrameKind.parseFailure:
      return { kind: "parse-failure" };
    case FrameKind.ip:
      return { kind: "ip", bytes: decoder.bytes, source: sourceOf(decoder), destination: destinationOf(decoder) };
  }
}

function sourceOf({ source0, source1, source2, source3 }: FrameDecoder): string {
  return formatAddress([source0 >>> 0, source1 >>> 0, source2 >>> 0, source3 >>> 0]);
}

function destinationOf({ destination0, destination1, destination2, destination3 }: FrameDecoder): string {
  return formatAddress([destination0 >>> 0, destination1 >>> 0, destination2 >>> 0, destination3 >>> 0]);
}
