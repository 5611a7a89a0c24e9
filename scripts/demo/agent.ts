// The built agent in the edge's namespace: it is started, killed and started again, asked for its status, and its commands
// are run beside it.

import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { AgentProcess } from "../../test/support/agent-process.ts";
import type { Status } from "../../src/status/status.ts";
import type { Ground } from "./ground.ts";
import { until } from "./wait.ts";

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

export class DemoAgent implements AsyncDisposable {
  readonly #ground: Ground;
  #process: AgentProcess | null = null;

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  /** Resolves when it captures, with what it says of how. Rejects with its log where it does not. */
  async start(signal: AbortSignal): Promise<{ readonly backend: string; readonly survivesKill: boolean }> {
    const { edge, configFile, stateDir } = this.#ground;
    const agent = new AgentProcess({ namespace: edge, configFile, stateDir });
    this.#process = agent;
    const started = () => agent.logged("capture started")[0] ?? (agent.isRunning ? null : "ended");
    const line = await until("the agent to capture", started, { signal });
    if (line === "ended") throw new Error(`the agent ended: ${agent.output.at(-1) ?? "without a word"}`);
    const survivesKill = line["attach"] === "tcx";
    return {
      backend: line["backend"] === "ebpf" ? `in the kernel, at ${String(line["attach"])}` : "by libpcap",
      survivesKill,
    };
  }

  async status(): Promise<Status> {
    if (this.#process === null) throw new Error("the agent is not running");
    const { status, body } = await this.#process.get("/api/status");
    if (status !== 200) throw new Error(`/api/status: HTTP ${status}`);
    const answer: Status = JSON.parse(body);
    return answer;
  }

  async kill(): Promise<void> {
    await this.#process?.kill();
  }

  /** Rejects when the signal aborts, or the agent ends by itself. */
  async ended(signal: AbortSignal): Promise<void> {
    const end = await until("the agent to end", () => (this.#process?.isRunning === false ? "ended" : null), {
      signal,
      timeoutMs: Number.POSITIVE_INFINITY,
    });
    throw new Error(`the agent ${end}: ${this.#process?.output.at(-1) ?? "without a word"}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process?.[Symbol.asyncDispose]();
  }
}

export interface CommandEnd {
  readonly code: number | null;
  readonly output: string;
  readonly complaints: string;
}

/** Runs a command of the program in the edge's namespace to its end. */
export async function agentCommand(ground: Ground, args: readonly string[], signal: AbortSignal): Promise<CommandEnd> {
  const child = ground.edge.spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "pipe", "pipe"], signal });
  const [output, complaints]: [string[], string[]] = [[], []];
  child.stdout?.setEncoding("utf8").on("data", (text: string) => output.push(text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => complaints.push(text));
  const [code] = await once(child, "close");
  return { code, output: output.join(""), complaints: complaints.join("") };
}

/** The standard output of a command that succeeds. Rejects with what it complains of where it does not. */
export async function agentOutput(ground: Ground, args: readonly string[], signal: AbortSignal): Promise<string> {
  const { code, output, complaints } = await agentCommand(ground, args, signal);
  if (code !== 0) throw new Error(`acct-agent ${args.join(" ")} ended with ${code}: ${complaints.trim()}`);
  return output;
}
