// Answers that equal questions share: while one is being made, and for a moment after. Bounded in number.

export interface SharingOptions {
  /** How long an answer is given again; 0 for not at all. */
  readonly maxAgeMs: number;
  readonly maxAnswers: number;
}

export class SharedAnswers<T> {
  readonly #options: SharingOptions;
  readonly #isGood: (answer: T) => boolean;
  readonly #known = new Map<string, Promise<T>>();

  /** Only good answers are given again. */
  constructor(options: SharingOptions, isGood: (answer: T) => boolean) {
    this.#options = options;
    this.#isGood = isGood;
  }

  /** The answer to `question`; rejects as `make` does. */
  get(question: string, make: () => Promise<T>): Promise<T> {
    const known = this.#known.get(question);
    if (known !== undefined) return known;
    const made = make();
    this.#known.set(question, made);
    void this.#forgetLater(question, made);
    for (const oldest of this.#known.keys())
      if (this.#known.size > this.#options.maxAnswers) this.#known.delete(oldest);
    return made;
  }

  /** What is asked from now on is answered anew. */
  clear(): void {
    this.#known.clear();
  }

  async #forgetLater(question: string, made: Promise<T>): Promise<void> {
    const forget = (): void => {
      if (this.#known.get(question) === made) this.#known.delete(question);
    };
    try {
      if (this.#isGood(await made) && this.#options.maxAgeMs > 0) setTimeout(forget, this.#options.maxAgeMs).unref();
      else forget();
    } catch {
      // Whoever asked is told.
      forget();
    }
  }
}
