// File systems of a test's own, to be filled, set read-only or taken away. Each is unmounted with the test.

import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

export class Mount implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** An empty file system in memory. */
  static async memory(path: string, size: string): Promise<Mount> {
    return Mount.#make(path, ["-t", "tmpfs", "-o", `size=${size},mode=0700`, "tmpfs"]);
  }

  /** The folder `source` at another path. */
  static async bind(source: string, path: string): Promise<Mount> {
    return Mount.#make(path, ["--bind", source]);
  }

  /** An ext4 file system in `file`, which is made where it is not there; without journal, so that it can be mounted again. */
  static async image(file: string, path: string, isNew = true): Promise<Mount> {
    if (isNew) {
      await run("truncate", ["-s", "32M", file]);
      await run("mkfs.ext4", ["-q", "-O", "^has_journal", file]);
    }
    return Mount.#make(path, ["-o", "loop", file]);
  }

  static async #make(path: string, source: readonly string[]): Promise<Mount> {
    await mkdir(path, { recursive: true });
    await run("mount", [...source, path]);
    return new Mount(path);
  }

  /** What ext4 does by itself when the disk fails: read-only, whoever has files open. */
  async failReadOnly(): Promise<void> {
    await run("mount", ["-o", "remount,abort", this.path]);
  }

  /** Takes it away, also from who has files open. */
  async detach(): Promise<void> {
    await run("umount", ["--lazy", this.path]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.detach().catch(() => undefined);
  }
}
