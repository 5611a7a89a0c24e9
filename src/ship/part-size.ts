// How many samples a receiver takes at once, learned from what it refused: the next requests are cut before they fail.

export class PartSize {
  #samples = Number.POSITIVE_INFINITY;
  #untilMs = Number.NEGATIVE_INFINITY;

  /** Infinity where nothing is known, or what was known is too old to go by. */
  at(nowMs: number): number {
    return nowMs < this.#untilMs ? this.#samples : Number.POSITIVE_INFINITY;
  }

  /** Parts of `samples` at most, until `untilMs`: a receiver's limits change. */
  learn(samples: number, untilMs: number): void {
    this.#samples = samples;
    this.#untilMs = untilMs;
  }
}
