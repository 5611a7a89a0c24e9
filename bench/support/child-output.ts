// The text that a child process writes, to wait for lines of it.

import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { waitFor } from "../../test/support/wait-for.ts";

export class ChildOutput {
  readonly #child: ChildProcess;
  #text = "";

  constructor(child: ChildProcess) {
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (chunk: string) => (this.#text += chunk));
    }
  }

  get text(): string {
    return this.#text;
  }

  /** The first match behind `from` characters. Rejects with what the child said where it ends first. */
  async match(pattern: RegExp, from = 0, timeoutMs = 10_000): Promise<RegExpExecArray> {
    const found = await waitFor(
      String(pattern),
      () => pattern.exec(this.#text.slice(from)) ?? (hasEnded(this.#child) ? "ended" : null),
      { timeoutMs },
    );
    if (found === "ended") throw new Error(`a process ended with ${this.#child.exitCode}: ${this.#text.slice(-1000)}`);
    return found;
  }
}

/** Asks a process to end and waits until it has. */
export async function endProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (hasEnded(child)) return;
  const ended = once(child, "exit");
  child.kill(signal);
  await ended;
}

/** Process id of a child that has started. */
export function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error("a process did not start");
  return child.pid;
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
