// How far a replay is: the file, bytes read of all files as they are on the disk, the speed and the time that is left.

import { statSync } from "node:fs";
import { basename } from "node:path";
import { bytesText, timeLeftText } from "./human-units.ts";
import { startProgress } from "./progress.ts";

export class ReplayProgress implements Disposable {
  readonly #progress = startProgress();
  readonly #startedMs = performance.now();
  readonly #sizes: readonly number[];
  readonly #totalBytes: number;
  #file = 0;
  #name = "";
  #earlierBytes = 0;

  constructor(paths: readonly string[]) {
    this.#sizes = paths.map(sizeOf);
    this.#totalBytes = this.#sizes.reduce((sum, bytes) => sum + bytes, 0);
  }

  /** The next file is read from now on. */
  begin(path: string): void {
    this.#earlierBytes += this.#sizes[this.#file - 1] ?? 0;
    this.#file += 1;
    this.#name = basename(path);
    this.read(0);
  }

  /** So many bytes of the file were read. */
  read(ofFile: number): void {
    this.#progress.show(() => this.#text(this.#earlierBytes + ofFile));
  }

  /** All files are read. */
  commit(): void {
    this.#progress.show(() => "writing to the ledger");
  }

  [Symbol.dispose](): void {
    this.#progress[Symbol.dispose]();
  }

  #text(bytes: number): string {
    const bytesPerSecond = (bytes / Math.max(1, performance.now() - this.#startedMs)) * 1_000;
    const leftSeconds = bytesPerSecond > 0 ? Math.max(0, this.#totalBytes - bytes) / bytesPerSecond : null;
    const done = `${bytesText(bytes)} of ${bytesText(this.#totalBytes)}, ${(bytesPerSecond / 1e6).toFixed(1)} MB/s`;
    return `file ${this.#file} of ${this.#sizes.length}, ${done}, ${timeLeftText(leftSeconds)} left: ${this.#name}`;
  }
}

/** 0 where there is no such file, which reading it will say. */
function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
