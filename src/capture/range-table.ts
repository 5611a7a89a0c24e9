// Finds the range that holds an address: an index over 16 bits of it, then a binary search among that block's ranges.
// 20 bytes a range and 264 KiB for the index.

import { NO_NETWORK, type PrefixRange } from "./prefix-ranges.ts";

const BLOCKS = 65_536;

export class RangeTable {
  /** The word whose upper half is indexed: the first one in which the addresses of the table's family differ. */
  readonly #indexedWord: 0 | 3;
  /** Four words a range. */
  readonly #firsts: Uint32Array;
  readonly #networks: Int32Array;
  /** The range that holds each block's first address, and the last range at the end. */
  readonly #blocks = new Int32Array(BLOCKS + 1);
  /** One bit a block: whether any of its addresses is accounted. */
  readonly #accounted = new Int32Array(BLOCKS / 32);

  constructor(indexedWord: 0 | 3, ranges: readonly PrefixRange[]) {
    this.#indexedWord = indexedWord;
    this.#firsts = Uint32Array.from(ranges.flatMap((range) => range.first));
    this.#networks = Int32Array.from(ranges, (range) => range.network);
    this.#index(ranges);
  }

  /** False where no address of the block (0 to 65,535) is accounted. */
  isAccountedBlock(block: number): boolean {
    return (((this.#accounted[block >>> 5] ?? 0) >>> (block & 31)) & 1) === 1;
  }

  /** The network index of an address of four int32 words, or `NO_NETWORK`. */
  lookup(w0: number, w1: number, w2: number, w3: number): number {
    const block = (this.#indexedWord === 0 ? w0 : w3) >>> 16;
    let low = this.#blocks[block] ?? 0;
    let high = this.#blocks[block + 1] ?? 0;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      const at = middle * 4;
      const before =
        compareWords(w0, this.#firsts[at]) ||
        compareWords(w1, this.#firsts[at + 1]) ||
        compareWords(w2, this.#firsts[at + 2]) ||
        compareWords(w3, this.#firsts[at + 3]);
      if (before < 0) high = middle - 1;
      else low = middle;
    }
    return this.#networks[low] ?? NO_NETWORK;
  }

  #index(ranges: readonly PrefixRange[]): void {
    let range = 0;
    for (let block = 0; block < BLOCKS; block++) {
      if (this.#isBlockStart(ranges[range + 1], block)) range++;
      this.#blocks[block] = range;
      this.#mark(block, ranges[range]);
      while (this.#isInBlock(ranges[range + 1], block)) this.#mark(block, ranges[++range]);
    }
    this.#blocks[BLOCKS] = range;
  }

  #mark(block: number, range: PrefixRange | undefined): void {
    if (range === undefined || range.network === NO_NETWORK) return;
    this.#accounted[block >>> 5] = (this.#accounted[block >>> 5] ?? 0) | (1 << (block & 31));
  }

  #isInBlock(range: PrefixRange | undefined, block: number): boolean {
    return range !== undefined && range.first[this.#indexedWord] >>> 16 === block;
  }

  #isBlockStart(range: PrefixRange | undefined, block: number): boolean {
    if (range === undefined) return false;
    const [word = 0, ...rest] = range.first.slice(this.#indexedWord);
    return word === block * BLOCKS && rest.every((low) => low === 0);
  }
}

/** Orders an int32 word and an unsigned one as unsigned integers. */
function compareWords(word: number, first: number | undefined): number {
  return (word >>> 0) - (first ?? 0);
}
