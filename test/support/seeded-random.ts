// Random choices that a seed repeats: a failure prints its seed, and ACCT_AGENT_TEST_SEED runs it again.

export class SeededRandom {
  readonly seed: number;
  #state: number;

  constructor(seed: number) {
    this.seed = seed;
    this.#state = seed >>> 0;
  }

  /** From `from`, included, to `to`, excluded. */
  between(from: number, to: number): number {
    return from + this.#next() * (to - from);
  }

  /** A whole number, both bounds included. */
  whole(from: number, to: number): number {
    return Math.floor(this.between(from, to + 1));
  }

  chance(probability: number): boolean {
    return this.#next() < probability;
  }

  /** The mulberry32 generator: 32 bits of state, good enough to spread kills over a window. */
  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}

/** The seed of the environment, else one of this run's own. */
export function testSeed(): number {
  const given = process.env["ACCT_AGENT_TEST_SEED"];
  if (given === undefined) return Math.floor(Math.random() * 2 ** 32);
  if (!/^\d+$/.test(given)) throw new Error(`ACCT_AGENT_TEST_SEED = "${given}" is not a whole number`);
  return Number(given);
}
