// The table of strings of a remote-write 2.0 request: each once, the empty one first (section "Symbols").

/** Strings are kept as their bytes, a character for each, so that what is no UTF-8 passes through unchanged. */
export class Symbols {
  readonly #refs = new Map<string, number>([["", 0]]);

  /** The index of `bytes`, written as latin1. */
  ref(bytes: string): number {
    const known = this.#refs.get(bytes);
    if (known !== undefined) return known;
    this.#refs.set(bytes, this.#refs.size);
    return this.#refs.size - 1;
  }

  /** In the order of their indices. */
  *contents(): Generator<Uint8Array> {
    for (const symbol of this.#refs.keys()) yield Buffer.from(symbol, "latin1");
  }
}
