// Writes large capture files: 64-byte frames (60 captured bytes) to a range of hosts, at an even pace.

import { open } from "node:fs/promises";
import { pcapHeader } from "../../test/support/capture-file.ts";
import { ethernet, IPV4, ipv4, padded } from "../../test/support/frames.ts";

const FRAME_BYTES = 60;
const RECORD_BYTES = 16 + FRAME_BYTES;
const RECORDS_PER_CHUNK = 65_536;
/** Where the destination's last word lies in a record: record header, Ethernet header, IPv4 offset 16. */
const DESTINATION_AT = 16 + 14 + 16;
const LENGTH_AT = 8;

export interface CaptureFileShape {
  readonly packets: number;
  readonly hosts: number;
  readonly startSeconds: number;
  readonly packetsPerSecond: number;
}

export async function writeCaptureFile(path: string, shape: CaptureFileShape): Promise<void> {
  const file = await open(path, "w");
  try {
    await file.write(pcapHeader(1));
    for (let first = 0; first < shape.packets; first += RECORDS_PER_CHUNK) {
      await file.write(records(shape, first, Math.min(RECORDS_PER_CHUNK, shape.packets - first)));
    }
  } finally {
    await file.close();
  }
}

function records({ hosts, startSeconds, packetsPerSecond }: CaptureFileShape, first: number, count: number): Buffer {
  const template = padded(ethernet(IPV4, ipv4({ source: "198.51.100.1" })), FRAME_BYTES);
  const chunk = Buffer.alloc(count * RECORD_BYTES);
  for (let index = 0; index < count; index++) {
    const at = index * RECORD_BYTES;
    const packet = first + index;
    const seconds = Math.floor(packet / packetsPerSecond);
    const microseconds = Math.floor(((packet % packetsPerSecond) * 1e6) / packetsPerSecond);
    chunk.writeUInt32LE(startSeconds + seconds, at);
    chunk.writeUInt32LE(microseconds, at + 4);
    chunk.writeUInt32LE(FRAME_BYTES, at + LENGTH_AT);
    chunk.writeUInt32LE(FRAME_BYTES, at + LENGTH_AT + 4);
    chunk.set(template, at + 16);
    chunk.writeUInt32BE(0x0a000000 + (packet % hosts), at + DESTINATION_AT);
  }
  return chunk;
}
