// The built program (dist/main.js) as processes of a test: a command run to its end, or a running agent with its log,
// its status socket and its end. Each ends with the test at the latest. Run `npm run build` before.

import { type ChildProcess, spawn, type SpawnOptions } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import type { Namespace } from "./netns.ts";
import { waitFor } from "./wait-for.ts";

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
const COMMAND_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 15_000;
const REQUEST_TIMEOUT_MS = 5_000;

/** How a process ended: one of the two is null. */
export interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  /** Lines of standard error. */
  readonly complaints: readonly string[];
}

/** A line of the agent's log. */
export interface LogLine {
  readonly level: string;
  readonly time: string;
  readonly stage?: string;
  readonly msg: string;
  readonly [fact: string]: unknown;
}

/** An answer of the agent's status server. */
export interface StatusAnswer {
  readonly status: number;
  readonly body: string;
}

/** Runs a command line of acct-agent to its end. */
export function runCommand(...args: readonly string[]): Promise<CommandResult> {
  return resultOf(spawn(process.execPath, [MAIN, ...args], { stdio: "pipe", timeout: COMMAND_TIMEOUT_MS }));
}

/** The same inside a namespace. */
export function runCommandIn(namespace: Namespace, ...args: readonly string[]): Promise<CommandResult> {
  return resultOf(namespace.spawn(process.execPath, [MAIN, ...args], { stdio: "pipe", timeout: COMMAND_TIMEOUT_MS }));
}

async function resultOf(child: ChildProcess): Promise<CommandResult> {
  const [stdout, stderr] = [collect(child, "stdout"), collect(child, "stderr")];
  const [code] = await once(child, "close");
  return { code, stdout: stdout(), complaints: linesOf(stderr()) };
}

export interface AgentOptions {
  readonly configFile: string;
  readonly stateDir: string;
  /** Where it runs; default: where the test does. */
  readonly namespace?: Namespace;
  /** Makes it the leader of a process group, as a shell does, so that `signalGroup` reaches its children too. */
  readonly ownGroup?: boolean;
  /** Added to the test's own environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A running agent. `await using` ends it with the test. */
export class AgentProcess implements AsyncDisposable {
  readonly ended: Promise<End>;
  readonly #child: ChildProcess;
  readonly #options: AgentOptions;
  readonly #stderr: () => string;

  constructor(options: AgentOptions) {
    const args = [MAIN, "--config", options.configFile];
    // What a killed agent leaves in the folder for temporary files goes with the test's own.
    const env = { ...process.env, TMPDIR: dirname(options.configFile), ...options.env };
    const how: SpawnOptions = { stdio: ["ignore", "ignore", "pipe"], detached: options.ownGroup ?? false, env };
    this.#child = options.namespace?.spawn(process.execPath, args, how) ?? spawn(process.execPath, args, how);
    this.#options = options;
    this.#stderr = collect(this.#child, "stderr");
    this.ended = once(this.#child, "close").then(([code, signal]) => ({ code, signal }));
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error("the agent did not start");
    return this.#child.pid;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** The log so far. */
  get log(): readonly LogLine[] {
    return this.output.filter((line) => line.startsWith("{")).map((line): LogLine => JSON.parse(line));
  }

  /** Every whole line of standard error so far. */
  get output(): readonly string[] {
    const text = this.#stderr();
    return linesOf(text.slice(0, text.lastIndexOf("\n") + 1));
  }

  /** The log's lines whose message holds `text`. */
  logged(text: string): readonly LogLine[] {
    return this.log.filter(({ msg }) => msg.includes(text));
  }

  /** Waits for the `count`-th line whose message holds `text`, but not beyond the agent's end. */
  async waitForLog(text: string, count = 1): Promise<LogLine> {
    const what = `log line ${count} with "${text}"`;
    const found = (): LogLine | "ended" | null => this.logged(text)[count - 1] ?? (this.isRunning ? null : "ended");
    const line = await waitFor(what, found).catch((error: unknown) => String(error));
    if (typeof line === "string") throw new Error([`no ${what}: ${line}`, ...this.output].join("\n"));
    return line;
  }

  /** Waits until the interface is captured, for the `times`-th time. */
  async capturing(times = 1): Promise<this> {
    await this.waitForLog("capture started", times);
    return this;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** What Ctrl-C does in a terminal: the signal goes to the agent and to all of its children. Needs `ownGroup`. */
  signalGroup(signal: NodeJS.Signals): void {
    process.kill(-this.pid, signal);
  }

  /** Ends it as kill -9 does, and waits until it is gone. */
  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.ended;
  }

  /** Asks it to stop and tells how it ended. */
  async stop(): Promise<End & { readonly tookMs: number }> {
    const startedMs = performance.now();
    this.signal("SIGTERM");
    const end = await this.ended;
    return { ...end, tookMs: performance.now() - startedMs };
  }

  /** The one child that captures. */
  captureChild(): number {
    const [child, ...others] = this.captureChildren();
    if (child === undefined || others.length > 0) throw new Error("the agent has not exactly one capture child");
    return child;
  }

  /** Process ids of the children that capture. */
  captureChildren(): readonly number[] {
    return childrenOf(this.pid).filter((pid) => commandLine(pid).includes("capture/pcap/child.js"));
  }

  /** Asks the status server over its socket in the state folder. */
  async get(path: string): Promise<StatusAnswer> {
    const call = request({ socketPath: join(this.#options.stateDir, "agent.sock"), path, timeout: REQUEST_TIMEOUT_MS });
    call.once("timeout", () => call.destroy(new Error(`${path}: no answer in time`)));
    call.end();
    const [response] = await once(call, "response");
    let body = "";
    for await (const text of response.setEncoding("utf8")) body += text;
    return { status: response.statusCode, body };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.isRunning) return;
    const lastResort = setTimeout(() => this.signal("SIGKILL"), STOP_TIMEOUT_MS);
    await this.stop();
    clearTimeout(lastResort);
  }
}

/** Whether a process is there and no zombie. */
export function isAlive(pid: number): boolean {
  return statusOf(pid, "State")?.startsWith("Z") === false;
}

function childrenOf(parent: number): number[] {
  const children = readFileSync(`/proc/${parent}/task/${parent}/children`, "utf8");
  return children
    .split(" ")
    .filter((pid) => pid !== "")
    .map(Number);
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    // It ended in between.
    return "";
  }
}

function statusOf(pid: number, field: string): string | undefined {
  try {
    return new RegExp(`^${field}:\\s*(.*)$`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  } catch {
    // There is no such process.
    return undefined;
  }
}

function collect(child: ChildProcess, name: "stdout" | "stderr"): () => string {
  let text = "";
  child[name]?.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  return () => text;
}

function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}
