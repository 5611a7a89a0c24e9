// The memory of answers that clients have not read yet. Clients that were given the same bytes share them; beyond a
// limit nobody is given more until somebody has read. One answer alone may be of any size.

/** So many bytes there is always room for: whoever asks for health is told. */
const SMALL_BYTES = 16 * 1024;

export class AnswersInFlight {
  readonly #limitBytes: number;
  readonly #readers = new Map<Uint8Array, number>();
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** What is held for clients. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Notes a reader of `parts`; call what it returns once when they are read. Null where there is no room. */
  hold(parts: readonly Uint8Array[]): (() => void) | null {
    const added = parts.reduce((sum, part) => sum + (this.#readers.has(part) ? 0 : part.byteLength), 0);
    if (this.#bytes > 0 && added > SMALL_BYTES && this.#bytes + added > this.#limitBytes) return null;
    for (const part of parts) this.#take(part);
    return () => parts.forEach((part) => this.#give(part));
  }

  #take(part: Uint8Array): void {
    const readers = this.#readers.get(part) ?? 0;
    if (readers === 0) this.#bytes += part.byteLength;
    this.#readers.set(part, readers + 1);
  }

  #give(part: Uint8Array): void {
    const readers = this.#readers.get(part) ?? 0;
    if (readers > 1) {
      this.#readers.set(part, readers - 1);
      return;
    }
    this.#readers.delete(part);
    this.#bytes -= part.byteLength;
  }
}
