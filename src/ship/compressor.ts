// Snappy's block format with memory of its own: snappyjs' `compress` takes fresh memory of the uncompressed size for each
// request, 60 MB for a window of 65,536 addresses, and V8 does not hurry to free it.

import { SnappyCompressor } from "snappyjs/snappy_compressor.js";

export class Compressor {
  #bytes = new Uint8Array();

  /** The compressed bytes, in memory of exactly their size. */
  compress(uncompressed: Uint8Array): Uint8Array {
    const snappy = new SnappyCompressor(uncompressed);
    const room = snappy.maxCompressedLength();
    if (room > this.#bytes.length) this.#bytes = new Uint8Array(room);
    return this.#bytes.slice(0, snappy.compressToBuffer(this.#bytes));
  }
}
