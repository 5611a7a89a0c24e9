// A keyed hash of addresses: whoever chooses the addresses but does not know the key cannot make them collide.
// HalfSipHash-1-3 (Aumasson and Bernstein; Linux lib/siphash.c) over a fixed number of words, hence without the
// length block, from a wholly random first state; IPv4 has a first state of its own and absorbs one word only.

import { randomFillSync } from "node:crypto";

import { MAPPED_WORD } from "../model/address.ts";

const STATE_WORDS = 4;
const FINAL_ROUNDS = 3;

export class AddressHash {
  /** The first state of IPv6, then that of IPv4. */
  readonly #states = randomFillSync(new Int32Array(2 * STATE_WORDS));

  /** Hashes an address of four int32 words to an int32. */
  of(w0: number, w1: number, w2: number, w3: number): number {
    const mapped = w0 === 0 && w1 === 0 && w2 === MAPPED_WORD;
    const state = mapped ? STATE_WORDS : 0;
    let v0 = this.#states[state] ?? 0;
    let v1 = this.#states[state + 1] ?? 0;
    let v2 = this.#states[state + 2] ?? 0;
    let v3 = this.#states[state + 3] ?? 0;
    let word = mapped ? w3 : w0;
    let second = mapped ? 0 : w1;
    let third = mapped ? 0 : w2;
    let fourth = mapped ? 0 : w3;
    for (let rounds = FINAL_ROUNDS + (mapped ? 1 : 4); rounds > 0; rounds--) {
      if (rounds === FINAL_ROUNDS) v2 ^= 0xff;
      v3 ^= word;
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
      v0 ^= word;
      word = second;
      second = third;
      third = fourth;
      fourth = 0;
    }
    return v1 ^ v3;
  }
}
