// Snappy's block format: what snappyjs writes is read, what is not of the format is refused, and nothing around it is touched.

import * as fc from "fast-check";
import { compress, uncompress as uncompressBySnappyjs } from "snappyjs";
import { describe, expect, it } from "vitest";
import { uncompress, uncompressedLength } from "../../../src/ship/snappy-block.ts";

const MARGIN = 64;
const GUARD = 0xa5;

/** Pieces that come again and again, short and long, near and far: that gives literals and copies of all lengths. */
const repetitive = fc
  .array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { minLength: 1, maxLength: 6 })
  .chain((pieces) => fc.array(fc.constantFrom(...pieces), { maxLength: 400 }))
  .map((pieces) => new Uint8Array(Buffer.concat(pieces)));
const anything = fc.oneof(fc.uint8Array({ maxLength: 2_000 }), repetitive);

interface Guarded {
  readonly bytes: Uint8Array;
  readonly isIntact: () => boolean;
}

/** Memory of this length in the middle of a larger one, which must stay as it is. */
function guarded(length: number): Guarded {
  const whole = new Uint8Array(length + 2 * MARGIN).fill(GUARD);
  const isGuard = (byte: number): boolean => byte === GUARD;
  const isIntact = (): boolean => whole.subarray(0, MARGIN).every(isGuard) && whole.subarray(-MARGIN).every(isGuard);
  return { bytes: whole.subarray(MARGIN, MARGIN + length), isIntact };
}

/** What `compressed` holds, read in memory with a guard on both sides. */
function read(compressed: Uint8Array): Uint8Array {
  const { bytes, isIntact } = guarded(uncompressedLength(compressed));
  try {
    uncompress(compressed, bytes);
    return bytes;
  } finally {
    expect(isIntact()).toBe(true);
  }
}

function readOrReason(compressed: Uint8Array): Uint8Array | string {
  try {
    return read(compressed);
  } catch (error) {
    return String(error);
  }
}

/** A length, and elements as they are. */
const block = (...bytes: readonly number[]): Uint8Array => Uint8Array.from(bytes);
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");
const letters = (word: string): number[] => [...Buffer.from(word, "latin1")];

describe("snappy's block format", () => {
  it("reads what snappyjs writes", () => {
    const property = fc.property(anything, (bytes) => {
      expect(Buffer.compare(read(compress(bytes)), bytes)).toBe(0);
    });
    fc.assert(property, { numRuns: 300 });
  });

  it("reads more than a block of 64 KiB", () => {
    const bytes = Uint8Array.from({ length: 200_000 }, (_, index) => (index * index) % 251);
    expect(Buffer.compare(read(compress(bytes)), bytes)).toBe(0);
  });

  it.each([
    ["nothing", block(0), ""],
    ["a literal", block(3, 2 << 2, ...letters("abc")), "abc"],
    ["a literal whose length takes one byte", block(3, 60 << 2, 2, ...letters("abc")), "abc"],
    ["a literal whose length takes four bytes", block(3, 63 << 2, 2, 0, 0, 0, ...letters("abc")), "abc"],
    ["a copy with an offset of eleven bits", block(7, 2 << 2, ...letters("abc"), 0b0000_0001, 3), "abcabca"],
    ["a copy with an offset of two bytes", block(5, 2 << 2, ...letters("abc"), (1 << 2) | 2, 3, 0), "abcab"],
    ["a copy with an offset of four bytes", block(5, 2 << 2, ...letters("abc"), (1 << 2) | 3, 2, 0, 0, 0), "abcbc"],
    ["a copy that repeats itself", block(11, 0, 97, (9 << 2) | 2, 1, 0), "a".repeat(11)],
    ["a long copy that repeats itself", block(66, 1 << 2, ...letters("ab"), (63 << 2) | 2, 2, 0), "ab".repeat(33)],
    ["two copies of one offset", block(9, 2 << 2, ...letters("abc"), 0b1010, 3, 0, 0b1010, 3, 0), "abcabcabc"],
    ["two copies of two offsets", block(9, 2 << 2, ...letters("abc"), 0b1010, 3, 0, 0b1010, 2, 0), "abcabcbcb"],
  ])("reads %s", (_, compressed, expected) => {
    expect(text(read(compressed))).toBe(expected);
  });

  it.each([
    ["without a length", block(), "no length"],
    ["whose length does not end", block(255, 255, 255, 255, 255, 1), "no length"],
    ["that say more than they can hold", block(255, 255, 255, 255, 15, 0, 97), "so few bytes"],
    ["without the bytes of a literal", block(3, 2 << 2, 97, 98), "beyond the end"],
    ["without the length of a literal", block(3, 61 << 2, 2), "cut off"],
    ["with a literal of 4 GiB", block(3, 63 << 2, 255, 255, 255, 255, 97, 98, 99), "beyond the end"],
    ["with a copy of nothing", block(5, 0, 97, (3 << 2) | 2, 0, 0), "beyond the ends"],
    ["with a copy of what is not there yet", block(5, 0, 97, (3 << 2) | 2, 2, 0), "beyond the ends"],
    ["with a copy from far away", block(5, 0, 97, (3 << 2) | 3, 1, 0, 0, 128), "beyond the ends"],
    ["with a copy that is too long", block(5, 0, 97, (63 << 2) | 2, 1, 0), "beyond the ends"],
    ["with a copy whose offset is cut off", block(5, 0, 97, (3 << 2) | 2, 1), "cut off"],
    [
      "whose second copy of one offset is cut off",
      block(9, 2 << 2, ...letters("abc"), 0b1010, 3, 0, 0b1010, 3),
      "cut off",
    ],
    ["with more behind their end", block(1, 0, 97, 0, 98), "beyond the end"],
    ["that end too early", block(2, 0, 97), "too early"],
  ])("refuses bytes %s", (_, compressed, reason) => {
    expect(() => read(compressed)).toThrow(reason);
  });

  it("writes nothing to memory of another length", () => {
    expect(() => uncompress(block(1, 0, 97), new Uint8Array(2))).toThrow("it holds 1 bytes, not 2");
  });

  it("reads damaged bytes as snappyjs does or refuses them, and touches nothing around its memory", () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 });
    const property = fc.property(repetitive, damage, fc.nat(), (bytes, changes, cut) => {
      const compressed = compress(bytes);
      const length = cut % 3 === 0 ? cut % (compressed.length + 1) : compressed.length;
      const damaged = Uint8Array.from(compressed.subarray(0, length));
      for (const [at, byte] of changes) if (damaged.length > 0) damaged[at % damaged.length] = byte;
      const found = readOrReason(damaged);
      const isRight =
        typeof found === "string"
          ? found.includes("ship: bytes are not compressed by snappy")
          : Buffer.compare(found, uncompressBySnappyjs(damaged)) === 0;
      expect(isRight).toBe(true);
    });
    fc.assert(property, { numRuns: 1_000 });
  });
});
