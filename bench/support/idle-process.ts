// The idle process next to which an agent's stalls are told: on a busy machine it stands still too.

import { type ChildProcess, spawn } from "node:child_process";
import { nodeCommand, ROOT } from "./built.ts";
import { ChildOutput, endProcess } from "./child-output.ts";

export class IdleProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #output: ChildOutput;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#output = new ChildOutput(child);
  }

  static async start(): Promise<IdleProcess> {
    const command = nodeCommand(new URL("./idle-watch.ts", import.meta.url));
    const idle = new IdleProcess(spawn(...command, { cwd: ROOT, stdio: "pipe" }));
    await idle.#output.match(/watching/);
    return idle;
  }

  /** Since the last call. */
  async longestStallMs(): Promise<number> {
    const from = this.#output.text.length;
    this.#child.stdin?.write("\n");
    return Number((await this.#output.match(/"longestMs":([\d.]+)/, from))[1]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endProcess(this.#child, "SIGTERM");
  }
}
