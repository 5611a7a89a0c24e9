// One end of a pair whose commands, and what they start, run on chosen cores only.

import type { ChildProcess, SpawnOptions } from "node:child_process";
import { availableParallelism } from "node:os";
import { Namespace, type NetworkPair } from "../../test/support/netns.ts";

export class PinnedNamespace extends Namespace implements AsyncDisposable {
  readonly #cores: string;
  #lastPid = 0;

  constructor(end: Namespace, host: 1 | 2, cores: string) {
    super(end.name, end.interface, host);
    this.#cores = cores;
  }

  /** taskset replaces itself as nsenter does: the process id is the command's own. */
  override command(file: string, args: readonly string[]): readonly [file: string, args: string[]] {
    return super.command("taskset", ["--cpu-list", this.#cores, file, ...args]);
  }

  override spawn(file: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
    const child = super.spawn(file, args, options);
    this.#lastPid = child.pid ?? 0;
    return child;
  }

  /** Of the command that was spawned last. */
  get lastPid(): number {
    return this.#lastPid;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopCommands();
  }
}

/** The last core: interrupts of the machine's own devices tend to the first. */
export function senderCore(): number {
  return availableParallelism() - 1;
}

/** The pair's peer on the sender's core. What it sends is received on the same core, in the softirq of the edge's end. */
export function pinnedSender(pair: NetworkPair): PinnedNamespace {
  return new PinnedNamespace(pair.peer, 2, String(senderCore()));
}

/** The pair's edge on all cores but the sender's. */
export function pinnedSubject(pair: NetworkPair): PinnedNamespace {
  const last = senderCore() - 1;
  if (last < 0) throw new Error("the sender and a subject need a core each: this machine has one");
  return new PinnedNamespace(pair.edge, 1, last === 0 ? "0" : `0-${last}`);
}
