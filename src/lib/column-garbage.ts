// The memory of typed arrays lies outside the JavaScript heap, and V8 lets 64 MiB of it pass before it looks for what can be
// freed. With 65,536 addresses that is most of the agent's memory; who lets go of columns says so here instead.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import koffi from "koffi";

const libc = koffi.load("libc.so.6");
/** Gives freed memory back to the system, malloc_trim(3): glibc keeps what it has once used. */
const mallocTrim = libc.func("malloc_trim", "int", ["size_t"]);
const mallopt = libc.func("mallopt", "int", ["int", "int"]);
/** mallopt(3). */
const M_MMAP_THRESHOLD = -3;
const MMAP_THRESHOLD_BYTES = 128 * 1024;

const LIMIT_BYTES = 12 * 1024 * 1024;

/**
 * Gives columns memory of their own, which goes back to the system as soon as they are freed. It is where glibc begins,
 * but the first that is freed moves its threshold beyond all columns, and what it then keeps is in pieces.
 */
export function mapColumns(): void {
  mallopt(M_MMAP_THRESHOLD, MMAP_THRESHOLD_BYTES);
}

export class ColumnGarbage {
  readonly #limitBytes: number;
  #bytes = 0;
  #collect: (() => void) | null = null;

  constructor(limitBytes = LIMIT_BYTES) {
    this.#limitBytes = limitBytes;
  }

  /** Counts bytes of columns that nothing refers to any more, and has them freed now and then: 5 to 10 ms. */
  add(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes < this.#limitBytes) return;
    this.#bytes = 0;
    this.#collect ??= collector();
    this.#collect();
    mallocTrim(0);
  }
}

/** V8's `gc`, which a context made after the flag was set has as a global. */
function collector(): () => void {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  return typeof collect === "function" ? () => void collect() : () => undefined;
}
