// The remote-write sink as a process in the agent's namespace, so that its work is not on the benchmark's event loop.

import type { ChildProcess } from "node:child_process";
import type { Namespace } from "../../test/support/netns.ts";
import { nodeCommand, ROOT } from "./built.ts";
import { ChildOutput, endProcess } from "./child-output.ts";

export class ReceiverProcess implements AsyncDisposable {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #output: ChildOutput;

  private constructor(child: ChildProcess, output: ChildOutput, port: string) {
    this.#child = child;
    this.#output = output;
    this.url = `http://127.0.0.1:${port}/api/v1/write`;
  }

  static async start(within: Namespace): Promise<ReceiverProcess> {
    const child = within.spawn(...nodeCommand(new URL("./remote-write-sink.ts", import.meta.url)), {
      cwd: ROOT,
      stdio: "pipe",
    });
    const output = new ChildOutput(child);
    const [, port = ""] = await output.match(/"port":(\d+)/);
    return new ReceiverProcess(child, output, port);
  }

  /** Requests received so far. */
  async requests(): Promise<number> {
    const from = this.#output.text.length;
    this.#child.stdin?.write("\n");
    return Number((await this.#output.match(/"requests":(\d+)/, from))[1]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endProcess(this.#child, "SIGTERM");
  }
}
