// The unpacked content of a capture file in chunks: gzip is recognised by its magic, not by the file's name.
// Reads ahead by one chunk, so memory stays bounded whatever the size of the file; a pipe may stand in for a file.

import { createReadStream } from "node:fs";
import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { CaptureFileError } from "./capture-file-error.ts";

const CHUNK_BYTES = 1024 * 1024;
/** RFC 1952 section 2.3.1. */
const GZIP_MAGIC = 0x1f8b;

/**
 * Yields the content of `path`, unpacked if it is gzip (all members of it, RFC 1952 section 2.2). Throws a CaptureFileError
 * where the file cannot be read or the gzip data is corrupt or ends early. `read` is told how many bytes of
 * the file, packed as they are, were read so far.
 */
export async function* unpackedChunks(path: string, read: (bytes: number) => void): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  try {
    const head = await readHead(file);
    const packed = head.length >= 2 && head.readUInt16BE(0) === GZIP_MAGIC;
    for await (const chunk of packed ? gunzip(head, file) : withHead(head, file)) {
      read(file.bytesRead);
      yield chunk;
    }
  } catch (error) {
    throw explain(error, path);
  } finally {
    file.destroy();
  }
}

/** At least the two bytes of the magic, fewer only where the file is shorter. */
async function readHead(file: Readable): Promise<Buffer> {
  let head: Buffer = Buffer.alloc(0);
  for await (const chunk of chunksOf(file)) {
    head = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
    if (head.length >= 2) break;
  }
  return head;
}

async function* withHead(head: Buffer, rest: Readable): AsyncGenerator<Buffer> {
  yield head;
  yield* chunksOf(rest);
}

async function* gunzip(head: Buffer, rest: Readable): AsyncGenerator<Buffer> {
  const unpacked = createGunzip({ chunkSize: CHUNK_BYTES });
  // An error of the source arrives at the loop below: pipeline destroys `unpacked` with it.
  pipeline(Readable.from(withHead(head, rest), { objectMode: false }), unpacked, () => undefined);
  yield* chunksOf(unpacked);
}

/** The stream's chunks; leaving the loop early does not destroy it. Only byte streams are passed in. */
function chunksOf(stream: Readable): AsyncIterable<Buffer> {
  return { [Symbol.asyncIterator]: () => stream.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer> };
}

function explain(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return error;
  const problem = error.code.startsWith("Z_") ? explainGzip(error.code, error.message) : explainSystem(error.code);
  return new CaptureFileError(`cannot read ${path}: ${problem}`, { cause: error });
}

function explainGzip(code: string, message: string): string {
  return code === "Z_BUF_ERROR"
    ? "its gzip data ends early; copy the file again, or unpack what is there with gzip -dc and replay that"
    : `its gzip data is corrupt (${message}); check it with gzip -t and copy the file again`;
}

function explainSystem(code: string): string {
  switch (code) {
    case "ENOENT":
      return "there is no such file; check the path";
    case "EACCES":
      return "permission denied; run as a user who may read it";
    case "EISDIR":
      return "it is a directory; name the capture files in it";
    default:
      return `the system answered ${code.toLowerCase()}; check the disk and the path`;
  }
}
