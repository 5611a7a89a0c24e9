// Reads a pcap or pcapng file, gzip or not, packet by packet in bounded memory. Everything that can be read is handed
// on in the file's order; a file that is cut in its last record is read up to there, any other defect is an error.

import { createHash } from "node:crypto";
import { ByteWindow } from "./byte-window.ts";
import { PacketFeed, type PacketSink } from "./packet-feed.ts";
import { openPcap } from "./pcap.ts";
import { openPcapng } from "./pcapng.ts";
import { unpackedChunks } from "./unpacked-chunks.ts";

export interface CaptureFileSummary {
  readonly packets: number;
  /** The earliest packet, milliseconds since the epoch; null without packets. */
  readonly firstMs: number | null;
  readonly lastMs: number | null;
  /** SHA-256 of the unpacked content, in hexadecimal: the same for a file and its gzip. */
  readonly digest: string;
  /** The file ends within a record, which was left out. */
  readonly truncated: boolean;
}

/** Hands every complete record of the window to its feed and moves the window's start behind it. */
interface RecordParser {
  parse(window: ByteWindow): void;
}

/**
 * Hands all packets of the file to `sink`. Throws a CaptureFileError on a file that cannot be read or understood;
 * `sink` may have received packets by then, which the caller must not account. `read` is told now and then how many bytes
 * of the file were read.
 */
export async function readCaptureFile(
  path: string,
  sink: PacketSink,
  read: (bytes: number) => void = () => {},
): Promise<CaptureFileSummary> {
  const window = new ByteWindow(path);
  const feed = new PacketFeed(sink);
  const hash = createHash("sha256");
  let parser: RecordParser | null = null;
  for await (const chunk of unpackedChunks(path, read)) {
    hash.update(chunk);
    window.append(chunk);
    parser ??= openPcap(window, feed) ?? openPcapng(window, feed);
    parser?.parse(window);
  }
  if (parser === null) throw explainHead(window);
  const { packets, firstMs, lastMs } = feed;
  return { packets, firstMs, lastMs, digest: hash.digest("hex"), truncated: window.start < window.end };
}

function explainHead(window: ByteWindow): Error {
  const held = window.end - window.start;
  if (held === 0) return window.errorAt(0, "the file is empty; name a pcap or pcapng file");
  const hex = Buffer.from(window.bytes.subarray(0, Math.min(held, 4))).toString("hex");
  return window.errorAt(0, `${hex} starts no whole pcap or pcapng header; convert the file with editcap -F pcapng`);
}
