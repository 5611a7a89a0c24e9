// Which 5xx of a receiver was found to be about samples: the next requests need not wait to find it out again.

/** A receiver that is upgraded, or has another trouble, says something else. */
const REMEMBER_MS = 600_000;

export class ProvenStatus {
  #status: number | null = null;
  #untilMs = Number.NEGATIVE_INFINITY;

  /** Whether a sample was parked for this status in the last ten minutes. */
  is(status: number, nowMs: number): boolean {
    return status === this.#status && nowMs < this.#untilMs;
  }

  learn(status: number, nowMs: number): void {
    this.#status = status;
    this.#untilMs = nowMs + REMEMBER_MS;
  }

  /** The receiver turned out to be ill: its answers count against nothing until it is proven anew. */
  forget(): void {
    this.#status = null;
  }
}
