// The parts of snappyjs behind its `compress` and `uncompress`, which take the memory that they write to. Its own types do
// not have them.
declare module "snappyjs/snappy_compressor.js" {
  export class SnappyCompressor {
    constructor(uncompressed: Uint8Array);
    /** Bytes that `compressToBuffer` may need. */
    maxCompressedLength(): number;
    /** Returns the bytes written. */
    compressToBuffer(compressed: Uint8Array): number;
  }
}

declare module "snappyjs/snappy_decompressor.js" {
  export class SnappyDecompressor {
    constructor(compressed: Uint8Array);
    /** -1 where there is none; moves on to what is compressed. */
    readUncompressedLength(): number;
    /** False where the bytes are none that snappy writes. */
    uncompressToBuffer(uncompressed: Uint8Array): boolean;
  }
}
