// Finds a series of a message by the bytes of its labels, without a string of each: its memory serves message after message.

const MIN_SLOTS = 1024;
const FREE = -1;

export class LabelIndex {
  /** Series by hash, each in the first free slot from there on (linear probing): at most half of the slots are taken. */
  #slots = new Int32Array(MIN_SLOTS).fill(FREE);
  #hashes = new Int32Array(MIN_SLOTS / 2);
  #size = 0;

  clear(): void {
    this.#size = 0;
    this.#slots.fill(FREE);
  }

  /** The first series with this hash that `isSame` says is the one; -1 where there is none. */
  find(hash: number, isSame: (series: number) => boolean): number {
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const series = this.#slots[slot] ?? FREE;
      if (series === FREE || (this.#hashes[series] === hash && isSame(series))) return series;
    }
  }

  /** Adds the next series: the first one is 0. */
  add(hash: number): void {
    if (this.#size === this.#hashes.length) this.#grow();
    this.#hashes[this.#size] = hash;
    this.#put(this.#size);
    this.#size += 1;
  }

  #put(series: number): void {
    const mask = this.#slots.length - 1;
    let slot = (this.#hashes[series] ?? 0) & mask;
    while (this.#slots[slot] !== FREE) slot = (slot + 1) & mask;
    this.#slots[slot] = series;
  }

  #grow(): void {
    const hashes = new Int32Array(2 * this.#hashes.length);
    hashes.set(this.#hashes);
    this.#hashes = hashes;
    this.#slots = new Int32Array(2 * this.#slots.length).fill(FREE);
    for (let series = 0; series < this.#size; series += 1) this.#put(series);
  }
}

/** A hash of bytes, a whole number of 32 bits. */
export function hashOf(view: DataView, start: number, end: number): number {
  let hash = end - start;
  let at = start;
  for (; at + 4 <= end; at += 4) hash = mixed(hash, view.getUint32(at, true));
  for (; at < end; at += 1) hash = mixed(hash, view.getUint8(at));
  return hash;
}

/** Whether the `length` bytes at `one` are those at `other`. */
export function areSame(view: DataView, [one, other]: readonly [number, number], length: number): boolean {
  let at = 0;
  for (; at + 4 <= length; at += 4) {
    if (view.getUint32(one + at, true) !== view.getUint32(other + at, true)) return false;
  }
  for (; at < length; at += 1) if (view.getUint8(one + at) !== view.getUint8(other + at)) return false;
  return true;
}

/** A step of MurmurHash3. */
function mixed(hash: number, word: number): number {
  const key = Math.imul(word, 0xcc9e2d51);
  const rotated = hash ^ Math.imul((key << 15) | (key >>> 17), 0x1b873593);
  return (Math.imul((rotated << 13) | (rotated >>> 19), 5) + 0xe6546b64) | 0;
}
