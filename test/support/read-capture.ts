// Reads bytes as a capture file: the packets that come out of it, or the refusal.

import { writeFile } from "node:fs/promises";
import { type CaptureFileSummary, readCaptureFile } from "../../src/capture/replay/capture-file.ts";
import { CaptureFileError } from "../../src/capture/replay/capture-file-error.ts";
import { tempFolder } from "./temp-folder.ts";

export interface Packet {
  /** In hexadecimal. */
  readonly frame: string;
  readonly wireLength: number;
  readonly timeMs: number;
  readonly linkType: number;
}

export interface FileContent extends CaptureFileSummary {
  readonly list: readonly Packet[];
}

export async function readCapture(content: Uint8Array): Promise<FileContent> {
  await using folder = await tempFolder();
  const path = folder.file("a.pcap");
  await writeFile(path, content);
  const list: Packet[] = [];
  const summary = await readCaptureFile(path, {
    packet({ frame, offset, capturedLength, wireLength, timeMs, linkType }) {
      const hex = Buffer.from(frame.subarray(offset, offset + capturedLength)).toString("hex");
      list.push({ frame: hex, wireLength, timeMs, linkType });
    },
  });
  return { ...summary, list };
}

/** The message of the CaptureFileError after the file's name; throws where the file is read or another error comes. */
export async function refusalOf(content: Uint8Array): Promise<string> {
  const outcome: unknown = await readCapture(content).catch((error: unknown) => error);
  if (!(outcome instanceof CaptureFileError)) throw new Error("expected a CaptureFileError", { cause: outcome });
  return outcome.message.replace(/^cannot read .*\/a\.pcap: /, "");
}
