// A small file that may change while the agent runs: credentials, certificates, keys.

import { readFile, stat } from "node:fs/promises";
import { OperatorError } from "./operator-error.ts";

export interface FileVersion {
  readonly text: string;
  /** Differs whenever the file was written or replaced. */
  readonly version: string;
}

/** The file is not there or may not be read: an operator's error. The message names the file and never its content. */
export class WatchedFileError extends OperatorError {
  override readonly name = "WatchedFileError";
}

/** Reads the file again when its modification time, size or inode has changed. */
export class WatchedFile {
  readonly #path: string;
  #latest: FileVersion | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  /** Rejects with WatchedFileError. */
  async read(): Promise<FileVersion> {
    try {
      const { mtimeMs, size, ino } = await stat(this.#path);
      const version = `${mtimeMs}:${size}:${ino}`;
      if (this.#latest?.version !== version) this.#latest = { text: await readFile(this.#path, "utf8"), version };
      return this.#latest;
    } catch (cause) {
      const code = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
      throw new WatchedFileError(`cannot read ${this.#path}: ${code}`, { cause });
    }
  }
}
