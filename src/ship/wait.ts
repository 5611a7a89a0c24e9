// Timers that an AbortSignal ends; they leave no listener and no timer behind.

/** Resolves after `ms`, or at once when `signal` aborts. */
export function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
  });
}

export interface DeadlineOptions {
  /** The signal aborts this long after the deadline was made, */
  readonly afterMs: number;
  /** or `graceMs` after `stop` aborted, whichever comes first. */
  readonly stop: AbortSignal;
  readonly graceMs: number;
}

/** An abort signal for one exchange. Dispose it when the exchange is over. */
export class Deadline implements Disposable {
  readonly #controller = new AbortController();
  readonly #options: DeadlineOptions;
  readonly #timers: NodeJS.Timeout[] = [];

  constructor(options: DeadlineOptions) {
    this.#options = options;
    this.#abortAfter(options.afterMs);
    options.stop.addEventListener("abort", this.#stopped);
    if (options.stop.aborted) this.#stopped();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  [Symbol.dispose](): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#options.stop.removeEventListener("abort", this.#stopped);
  }

  readonly #stopped = (): void => this.#abortAfter(this.#options.graceMs);

  #abortAfter(ms: number): void {
    this.#timers.push(setTimeout(() => this.#controller.abort(), ms));
  }
}
