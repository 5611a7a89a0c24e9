// A wall clock that a test can set, for processes started with its environment: the machine's own stays as it is.

import { execFile } from "node:child_process";
import { closeSync, openSync, writeSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type TempFolder, tempFolder } from "./temp-folder.ts";

const SOURCE = fileURLToPath(new URL("shifted-clock.c", import.meta.url));

export class ShiftedClock implements AsyncDisposable {
  readonly #folder: TempFolder;
  readonly #file: number;

  private constructor(folder: TempFolder) {
    this.#folder = folder;
    this.#file = openSync(this.#shift, "w");
  }

  /** Shows the machine's time until it is set. */
  static async create(): Promise<ShiftedClock> {
    const clock = new ShiftedClock(await tempFolder());
    clock.set(0);
    await promisify(execFile)("gcc", [
      "-O2",
      "-Wall",
      "-Wextra",
      "-Werror",
      "-shared",
      "-fPIC",
      "-o",
      clock.#library,
      SOURCE,
    ]);
    return clock;
  }

  /** What makes a process see it. */
  get env(): Readonly<Record<string, string>> {
    return { LD_AUDIT: this.#library, ACCT_CLOCK_SHIFT: this.#shift };
  }

  /** So many milliseconds ahead of the machine's, from now on. */
  set(aheadMs: number): void {
    // In place: processes have the file mapped, and must never find it empty.
    writeSync(this.#file, BigInt64Array.of(BigInt(aheadMs) * 1_000_000n), 0, 8, 0);
  }

  get #library(): string {
    return this.#folder.file("shifted-clock.so");
  }

  get #shift(): string {
    return this.#folder.file("shift");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    closeSync(this.#file);
    await this.#folder[Symbol.asyncDispose]();
  }
}
