// Whether a receiver answers the same push with the same status again and again.

export class Repeats {
  #status: number | null = null;
  #times = 0;
  #sinceMs = 0;

  /** Notes an answer; any other one starts the count anew. */
  note(status: number | null, nowMs: number): void {
    if (status !== this.#status) this.clear();
    if (this.#times === 0) this.#sinceMs = nowMs;
    this.#status = status;
    this.#times += 1;
  }

  /** Whether the latest status came at least `times` times in a row, over at least `forMs`. */
  last({ times, forMs, nowMs }: { times: number; forMs: number; nowMs: number }): boolean {
    return this.#times >= times && nowMs - this.#sinceMs >= forMs;
  }

  clear(): void {
    this.#status = null;
    this.#times = 0;
  }
}
