// A kernel without seccomp and Landlock, as processes that are started with this environment see it.

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type TempFolder, tempFolder } from "./temp-folder.ts";

const SOURCE = fileURLToPath(new URL("old-kernel.c", import.meta.url));
const FLAGS = ["-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"];

export class OldKernel implements AsyncDisposable {
  readonly #folder: TempFolder;

  private constructor(folder: TempFolder) {
    this.#folder = folder;
  }

  static async create(): Promise<OldKernel> {
    const kernel = new OldKernel(await tempFolder());
    await promisify(execFile)("gcc", [...FLAGS, "-o", kernel.#library, SOURCE]);
    return kernel;
  }

  /** What makes a process see it. */
  get env(): Readonly<Record<string, string>> {
    return { LD_AUDIT: this.#library };
  }

  get #library(): string {
    return this.#folder.file("old-kernel.so");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#folder[Symbol.asyncDispose]();
  }
}
