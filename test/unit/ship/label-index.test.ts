// Series are found by the bytes of their labels, whatever their hashes have in common.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { areSame, hashOf, LabelIndex } from "../../../src/ship/label-index.ts";

/** Finds each key that was added before, else adds it, and says what it found. */
function found(index: LabelIndex, keys: readonly number[], hash: (key: number) => number): number[] {
  const added: number[] = [];
  return keys.map((key) => {
    const series = index.find(hash(key), (candidate) => added[candidate] === key);
    if (series < 0) {
      index.add(hash(key));
      added.push(key);
    }
    return series;
  });
}

/** The same, by comparing with each. */
function expected(keys: readonly number[]): number[] {
  const added = new Map<number, number>();
  return keys.map((key) => {
    const series = added.get(key) ?? -1;
    if (series < 0) added.set(key, added.size);
    return series;
  });
}

describe("the index of a message's series", () => {
  it("finds each series among those with the same hash", () => {
    const index = new LabelIndex();
    const keys = fc.array(fc.nat(40), { maxLength: 200 });
    fc.assert(
      fc.property(keys, (all) => {
        index.clear();
        expect(found(index, all, (key) => (key % 3) - 1)).toEqual(expected(all));
      }),
    );
  });

  it("grows with the series", () => {
    const keys = Array.from({ length: 20_000 }, (_, index) => index % 10_000);
    expect(found(new LabelIndex(), keys, (key) => Math.imul(key, 0x9e3779b1))).toEqual(expected(keys));
  });

  it("hashes the same bytes alike wherever they stand, and compares every one of them", () => {
    const property = fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.nat(), (bytes, place) => {
      const { length } = bytes;
      const view = new DataView(Uint8Array.of(1, ...bytes, 2, 3, ...bytes).buffer);
      const [one, other] = [1, length + 3];
      expect(hashOf(view, one, one + length)).toBe(hashOf(view, other, other + length));
      expect(areSame(view, [one, other], length)).toBe(true);
      const changed = other + (place % length);
      view.setUint8(changed, view.getUint8(changed) ^ 1);
      expect(areSame(view, [one, other], length)).toBe(false);
      expect(hashOf(view, one, one + length)).not.toBe(hashOf(view, other, other + length));
    });
    fc.assert(property);
  });
});
