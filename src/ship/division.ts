// Which part of a request to push next, so that every sample is either accepted or refused by itself. Parts come in
// order; together they are at most twice as many as there are samples, however many are refused.

/** Samples `from` to `to`, the latter excluded. */
export interface Part {
  readonly from: number;
  readonly to: number;
}

interface Stretch extends Part {
  /** The first half of what was refused: if it is accepted, what follows it is to blame. */
  readonly blames: boolean;
  /** Known to be refused as a whole: it is halved without a push. */
  readonly toBlame: boolean;
}

/** So many samples refused in a row, and the next ones go one by one instead of by halves: half as many pushes. */
const ROW = 16;

export class Division {
  /** What is not resolved, the last first. */
  readonly #open: Stretch[];
  /** A part holds at most this many samples: what the receiver takes at once, */
  #limit: number;
  /** and what is likely to be accepted, by what was refused just before. */
  #stride = Number.POSITIVE_INFINITY;
  #row = 0;

  /** Over `parts` in their order, each pushed as it is where it has at most `limit` samples. */
  constructor(parts: readonly Part[], limit = Number.POSITIVE_INFINITY) {
    this.#open = parts.toReversed().map((part) => ({ ...part, blames: false, toBlame: false }));
    this.#limit = limit;
  }

  /** The part to push; the same until it is resolved. Null when all are. */
  next(): Part | null {
    let top = this.#open.at(-1);
    while (top !== undefined && this.#isToCut(top)) {
      this.#open.pop();
      const most = Math.min(this.#limit, this.#stride);
      if (sizeOf(top) > most) this.#cutAt(top, top.from + most, false);
      else this.#halve(top);
      top = this.#open.at(-1);
    }
    return top ?? null;
  }

  accepted(): void {
    const part = this.#open.pop();
    const after = this.#open.pop();
    if (after !== undefined) this.#open.push({ ...after, toBlame: part?.blames === true });
    this.#row = 0;
    this.#stride *= 2;
  }

  /** The receiver does not take something in the part. True where that is a single sample, which is resolved by this. */
  refused(): boolean {
    const part = this.#open.pop();
    if (part === undefined) return false;
    if (sizeOf(part) > 1) {
      this.#halve(part);
      return false;
    }
    this.#row += 1;
    if (this.#row >= ROW) this.#stride = 1;
    return true;
  }

  /** The part is too large: from here on parts are at most half of it. For parts of several samples. */
  shrink(part: Part): number {
    this.#limit = Math.floor(sizeOf(part) / 2);
    return this.#limit;
  }

  #isToCut(stretch: Stretch): boolean {
    const size = sizeOf(stretch);
    return size > Math.min(this.#limit, this.#stride) || (stretch.toBlame && size > 1);
  }

  #halve(stretch: Stretch): void {
    this.#cutAt(stretch, stretch.from + Math.floor(sizeOf(stretch) / 2), true);
  }

  #cutAt({ from, to }: Part, middle: number, blames: boolean): void {
    this.#open.push({ from: middle, to, blames: false, toBlame: false }, { from, to: middle, blames, toBlame: false });
  }
}

export function sizeOf({ from, to }: Part): number {
  return to - from;
}
