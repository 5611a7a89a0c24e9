// The part of snappyjs behind its `compress`, which takes the memory that it writes to. Its own types do not have it.
declare module "snappyjs/snappy_compressor.js" {
  export class SnappyCompressor {
    constructor(uncompressed: Uint8Array);
    /** Bytes that `compressToBuffer` may need. */
    maxCompressedLength(): number;
    /** Returns the bytes written. */
    compressToBuffer(compressed: Uint8Array): number;
  }
}
