// The part of a capture file that is in memory: what was read and not yet parsed, always contiguous, so that a record
// is never split. Grows only for a record longer than a chunk; at most MAX_RECORD_BYTES and two chunks, doubled.

import { CaptureFileError } from "./capture-file-error.ts";

/** No capture tool writes longer records; a longer one is garbage and would only fill the memory. */
export const MAX_RECORD_BYTES = 256 * 1024 * 1024;

const INITIAL_BYTES = 2 * 1024 * 1024;

export class ByteWindow {
  readonly #path: string;
  /** Offset in the unpacked file of `bytes[0]`. */
  #base = 0;
  /** Valid from `start` to `end`; replaced when it grows. */
  bytes: Uint8Array = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  /** The same memory. */
  view = new DataView(this.bytes.buffer);
  /** Where the next record starts; parsers move it on. */
  start = 0;
  end = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** Adds the next bytes of the file, moving what is unparsed to the front if they do not fit behind it. */
  append(chunk: Uint8Array): void {
    if (this.end + chunk.length > this.bytes.length) this.#makeRoom(chunk.length);
    this.bytes.set(chunk, this.end);
    this.end += chunk.length;
  }

  /** The error for a problem at index `at`: file, offset in the unpacked content, problem and fix. */
  errorAt(at: number, problem: string): CaptureFileError {
    return new CaptureFileError(`cannot read ${this.#path}: byte ${this.#base + at}: ${problem}`);
  }

  #makeRoom(length: number): void {
    const needed = this.end - this.start + length;
    const target = needed > this.bytes.length ? Buffer.allocUnsafeSlow(needed * 2) : this.bytes;
    target.set(this.bytes.subarray(this.start, this.end));
    if (target !== this.bytes) this.view = new DataView(target.buffer);
    this.bytes = target;
    this.#base += this.start;
    this.end -= this.start;
    this.start = 0;
  }
}
