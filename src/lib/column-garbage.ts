// The memory of typed arrays lies outside the JavaScript heap, and V8 lets 64 MiB of it pass before it looks for what can be
// freed. With 65,536 addresses that is most of the agent's memory; who lets go of columns says so here instead.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import koffi from "koffi";

/** Gives freed memory back to the system, malloc_trim(3): glibc keeps what it has once used for large columns. */
const mallocTrim = koffi.load("libc.so.6").func("malloc_trim", "int", ["size_t"]);

const LIMIT_BYTES = 12 * 1024 * 1024;

export class ColumnGarbage {
  #bytes = 0;
  #collect: (() => void) | null = null;

  /** Counts bytes of columns that nothing refers to any more, and has them freed now and then: 5 to 10 ms. */
  add(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes < LIMIT_BYTES) return;
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
