// Several stored requests as one, in which each series stands once with its samples in their order: most of what a sample
// costs a receiver is finding its series. Bytes of labels and samples are copied, never decoded.

import { Compressor } from "./compressor.ts";
import { SeriesJoin } from "./series-join.ts";
import { uncompress, uncompressedLength } from "./snappy-block.ts";

/** Keeps its memory for the next request: what is joined is up to a few MiB. */
export class RequestJoiner {
  readonly #compressor = new Compressor();
  readonly #join = new SeriesJoin();
  #messages = new Uint8Array();
  #joined = new Uint8Array();

  /** The body of one request with all samples of `bodies`. Throws on bytes that `WriteRequestBuilder` does not write. */
  join(bodies: readonly Uint8Array[]): Uint8Array {
    const length = this.#join.read(this.#uncompress(bodies));
    if (length > this.#joined.length) this.#joined = new Uint8Array(length);
    this.#join.writeTo(this.#joined);
    return this.#compressor.compress(this.#joined.subarray(0, length));
  }

  /** The messages one behind the other, which makes one message of them (Protocol Buffers, "Encoding"). */
  #uncompress(bodies: readonly Uint8Array[]): Uint8Array {
    const lengths = bodies.map(uncompressedLength);
    const total = lengths.reduce((sum, length) => sum + length, 0);
    if (total > this.#messages.length) this.#messages = new Uint8Array(total);
    let offset = 0;
    for (const [index, body] of bodies.entries()) {
      const end = offset + (lengths[index] ?? 0);
      uncompress(body, this.#messages.subarray(offset, end));
      offset = end;
    }
    return this.#messages.subarray(0, total);
  }
}
