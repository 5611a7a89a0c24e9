// Several stored requests as one, in which each series stands once with its samples in their order: most of what a sample
// costs a receiver is finding its series. Bytes of labels and samples are copied, never decoded.

import { SnappyDecompressor } from "snappyjs/snappy_decompressor.js";
import { Compressor } from "./compressor.ts";
import { SeriesJoin } from "./series-join.ts";

/** Keeps its memory for the next request: what is joined is up to a few MiB. */
export class RequestJoiner {
  readonly #compressor = new Compressor();
  #messages = Buffer.alloc(0);
  #joined = new Uint8Array();

  /** The body of one request with all samples of `bodies`. Throws on bytes that `WriteRequestBuilder` does not write. */
  join(bodies: readonly Uint8Array[]): Uint8Array {
    const join = new SeriesJoin(this.#uncompress(bodies));
    if (join.length > this.#joined.length) this.#joined = new Uint8Array(join.length);
    join.writeTo(this.#joined);
    return this.#compressor.compress(this.#joined.subarray(0, join.length));
  }

  /** The messages one behind the other, which makes one message of them (Protocol Buffers, "Encoding"). */
  #uncompress(bodies: readonly Uint8Array[]): Buffer {
    const messages = bodies.map((body) => {
      const decompressor = new SnappyDecompressor(body);
      return { decompressor, length: decompressor.readUncompressedLength() };
    });
    const total = messages.reduce((sum, { length }) => sum + length, 0);
    if (total > this.#messages.length) this.#messages = Buffer.allocUnsafeSlow(total);
    let offset = 0;
    for (const { decompressor, length } of messages) {
      const isRead = length >= 0 && decompressor.uncompressToBuffer(this.#messages.subarray(offset, offset + length));
      if (!isRead) throw new Error("ship: a stored request is not compressed by snappy");
      offset += length;
    }
    return this.#messages.subarray(0, total);
  }
}
