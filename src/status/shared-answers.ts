// Answers that equal questions share: while one is being made, and for a moment after. Those that are kept are bounded in
// number; those that are being made are not: whoever makes them bounds them.

export interface SharingOptions {
  /** How long an answer is given again; 0 for not at all. */
  readonly maxAgeMs: number;
  /** That are kept. */
  readonly maxAnswers: number;
}

export class SharedAnswers<T> {
  readonly #options: SharingOptions;
  readonly #isGood: (answer: T) => boolean;
  readonly #making = new Map<string, Promise<T>>();
  readonly #kept = new Map<string, Promise<T>>();

  /** Only good answers are given again. */
  constructor(options: SharingOptions, isGood: (answer: T) => boolean) {
    this.#options = options;
    this.#isGood = isGood;
  }

  /** The answer to `question`; rejects as `make` does. */
  get(question: string, make: () => Promise<T>): Promise<T> {
    const known = this.#making.get(question) ?? this.#kept.get(question);
    if (known !== undefined) return known;
    const made = make();
    this.#making.set(question, made);
    void this.#keep(question, made);
    return made;
  }

  /** What is asked from now on is answered anew. */
  clear(): void {
    this.#making.clear();
    this.#kept.clear();
  }

  async #keep(question: string, made: Promise<T>): Promise<void> {
    let isGood = false;
    try {
      isGood = this.#isGood(await made);
    } catch {
      // Whoever asked is told.
    }
    // Cleared meanwhile, and perhaps asked anew.
    if (this.#making.get(question) !== made) return;
    this.#making.delete(question);
    const { maxAgeMs, maxAnswers } = this.#options;
    if (!isGood || maxAgeMs === 0) return;
    this.#kept.set(question, made);
    setTimeout(() => this.#kept.get(question) === made && this.#kept.delete(question), maxAgeMs).unref();
    for (const oldest of this.#kept.keys()) if (this.#kept.size > maxAnswers) this.#kept.delete(oldest);
  }
}
