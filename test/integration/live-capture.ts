// Typed front of capture-runner.ts: live capture in a namespace of a test, and everything that came out of it. What it
// leaves in the kernel is removed with it.

import { type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { CaptureOptions, CaptureState } from "../../src/capture/capture.ts";
import { unpin } from "../../src/capture/ebpf/bpffs.ts";
import type { Network } from "../../src/model/network.ts";
import { parsePrefix } from "../../src/model/prefix.ts";
import { addTotals, emptyTotals, type WindowTotals, type WindowUsage } from "../../src/model/window.ts";
import type { SelfSample } from "../../src/telemetry/metrics.ts";
import type { Namespace } from "../support/netns.ts";
import { waitFor } from "../support/wait-for.ts";
import type { RunnerOrder, SinkAnswer } from "./capture-runner.ts";

export interface CapturedWindow extends Omit<WindowUsage, "usage"> {
  readonly kind: "closed" | "open";
  /** What the sink answered to it. */
  readonly answer: SinkAnswer;
  /** Address and network to bytes in, packets in, bytes out, packets out. */
  readonly rows: Readonly<Record<string, readonly number[]>>;
}

export type LogLine = Readonly<Record<string, unknown>> & { readonly msg: string };

interface Status {
  readonly state: readonly CaptureState[];
  readonly samples: readonly SelfSample[];
}

type RunnerEvent =
  | (CapturedWindow & { readonly event: "window" })
  | (LogLine & { readonly event: "log" })
  | (Status & { readonly event: "status" })
  | { readonly event: "adopted"; readonly interfaces: readonly string[] }
  | { readonly event: "ended" };

const RUNNER = fileURLToPath(new URL("capture-runner.ts", import.meta.url));
const MIB = 1 << 20;
const BPFFS = "/sys/fs/bpf";

/** How a test can have frames captured: what is true of one is to be true of all. */
export const livePaths = {
  pcap: { backend: "pcap", attach: null },
  "ebpf at TCX": { backend: "ebpf", attach: "tcx" },
  "ebpf on a packet socket": { backend: "ebpf", attach: "socket" },
} as const satisfies Record<string, Pick<CaptureOptions, "backend" | "attach">>;

export interface LiveOptions extends Partial<CaptureOptions> {
  /** What the sink answers from the start; default `accept`. */
  readonly answer?: SinkAnswer;
  /** Of the process, for example that of a shifted clock. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Names for a ledger that no other test and no agent has; what is pinned for it is gone with the object. */
export class TestLedger implements Disposable {
  readonly ledgerId = `test-${randomBytes(8).toString("hex")}`;
  readonly stateDir = `/nonexistent/${this.ledgerId}`;
  readonly folder = join(BPFFS, "acct-agent", this.ledgerId);

  [Symbol.dispose](): void {
    unpin(this.folder);
  }
}

/** A network of these prefixes. */
export function network(name: string, ...prefixes: readonly string[]): Network {
  const parsed = prefixes.map((text) => {
    const prefix = parsePrefix(text);
    if (!prefix.ok) throw new Error(`${text} ${prefix.problem}`);
    return prefix.value;
  });
  return { name, prefixes: parsed, labels: {}, billBy: "network" };
}

export class LiveCapture implements AsyncDisposable {
  readonly windows: CapturedWindow[] = [];
  readonly log: LogLine[] = [];
  /** Interfaces that were counted all the time; null before that is known. */
  adopted: readonly string[] | null = null;
  /** What the runner itself said on standard error: nothing, unless it failed. */
  stderr = "";
  readonly #runner: ChildProcess;
  /** What it may leave in the kernel. */
  readonly #folder: string;
  readonly #statuses: ((status: Status) => void)[] = [];
  /** How the runner ended. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;

  private constructor(runner: ChildProcess, folder: string) {
    this.#runner = runner;
    this.#folder = folder;
    if (!runner.stdout) throw new Error("the runner has no standard output");
    createInterface({ input: runner.stdout }).on("line", (line) => this.#receive(JSON.parse(line)));
    runner.stderr?.setEncoding("utf8").on("data", (text: string) => (this.stderr += text));
    this.ended = once(runner, "close").then(([code, signal]) => ({ code, signal }));
  }

  /** Starts capture in `namespace`, by default on its interface, through pcap, in windows of one second. */
  static start(namespace: Namespace, { answer = "accept", env = {}, ...options }: LiveOptions = {}): LiveCapture {
    const { ledgerId, stateDir } = new TestLedger();
    const defaults = { windowMs: 1_000, maxAddresses: 65_536, ringBytes: 64 * MIB, networks: [] };
    const place = { backend: "pcap", attach: null, bpffs: BPFFS, ledgerId, stateDir } as const;
    const capture = { interfaces: [namespace.interface], ...defaults, ...place, ...options };
    const args = ["--import", "tsx", RUNNER, JSON.stringify(capture), answer];
    const runner = namespace.spawn(process.execPath, args, { stdio: "pipe", env: { ...process.env, ...env } });
    return new LiveCapture(runner, join(BPFFS, "acct-agent", capture.ledgerId));
  }

  /** The same, once every interface is captured. */
  static async running(namespace: Namespace, options: LiveOptions = {}): Promise<LiveCapture> {
    const live = LiveCapture.start(namespace, options);
    await live.whileAlive("capture to start", () => live.starts === (options.interfaces?.length ?? 1));
    return live;
  }

  /** How often capture of an interface has started. */
  get starts(): number {
    return this.logged("capture started").length;
  }

  logged(message: string): readonly LogLine[] {
    return this.log.filter(({ msg }) => msg.includes(message));
  }

  /** Windows that the sink took, so far. */
  get taken(): readonly CapturedWindow[] {
    return this.windows.filter(({ answer }) => answer !== "refuse");
  }

  /** Sum over all windows so far. */
  get totals(): WindowTotals {
    return this.taken.reduce((sum, { totals }) => addTotals(sum, totals), emptyTotals());
  }

  get droppedFrames(): number {
    return this.windows.reduce((sum, { quality }) => sum + (quality.droppedFrames ?? Number.NaN), 0);
  }

  get observedMs(): number {
    return this.windows.reduce((sum, { quality }) => sum + quality.observedMs, 0);
  }

  /** Sum over all windows so far of the rows of each address and network. */
  get rows(): Readonly<Record<string, readonly number[]>> {
    const sums: Record<string, number[]> = {};
    for (const [key, row] of this.taken.flatMap(({ rows }) => Object.entries(rows))) {
      sums[key] = row.map((value, index) => value + (sums[key]?.[index] ?? 0));
    }
    return sums;
  }

  /** Waits for a condition, and fails at once when the runner ends. */
  async whileAlive(what: string, condition: () => boolean | Promise<boolean>, timeoutMs = 30_000): Promise<void> {
    const ended = this.ended.then(() => {
      throw new Error(`capture ended while waiting for ${what}: ${this.stderr}`);
    });
    ended.catch(() => undefined);
    await Promise.race([waitFor(what, condition, { timeoutMs }), ended]);
  }

  async status(): Promise<Status> {
    const answer = new Promise<Status>((resolve) => this.#statuses.push(resolve));
    this.#send({ order: "status" });
    return answer;
  }

  /** Why the first interface is not captured. */
  async reason(): Promise<string | null> {
    return (await this.status()).state[0]?.reason ?? null;
  }

  /** One of the metrics, over all interfaces. */
  async metric(name: string): Promise<number> {
    const { samples } = await this.status();
    return samples.filter((sample) => sample.name === name).reduce((sum, { value }) => sum + value, 0);
  }

  reload(networks: readonly Network[]): void {
    this.#send({ order: "reload", networks });
  }

  /** What the sink answers from now on. */
  answer(answer: SinkAnswer): void {
    this.#send({ order: "answer", answer });
  }

  /** Aborts capture and waits for its end; the time that it took, in milliseconds. */
  async stop(): Promise<number> {
    const startedMs = performance.now();
    this.#send({ order: "stop" });
    const { code, signal } = await this.ended;
    if (code !== 0) throw new Error(`capture ended with ${code ?? signal}: ${this.stderr}`);
    return performance.now() - startedMs;
  }

  get pid(): number {
    return this.#runner.pid ?? 0;
  }

  /** The capture children that run now. */
  get children(): readonly number[] {
    return childrenOf(this.pid);
  }

  /** The only capture child. */
  get child(): number {
    const [child, ...others] = this.children;
    if (child === undefined || others.length > 0) throw new Error(`${this.children.length} capture children run`);
    return child;
  }

  kill(): void {
    this.#runner.kill("SIGKILL");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.children) process.kill(child, "SIGKILL");
    this.kill();
    await this.ended;
    unpin(this.#folder);
  }

  #send(order: RunnerOrder): void {
    this.#runner.stdin?.write(`${JSON.stringify(order)}\n`);
  }

  #receive(event: RunnerEvent): void {
    if (event.event === "window") this.windows.push(event);
    else if (event.event === "log") this.log.push(event);
    else if (event.event === "status") this.#statuses.shift()?.(event);
    else if (event.event === "adopted") this.adopted = event.interfaces;
  }
}

export function isRunning(pid: number): boolean {
  // A process that has ended stays a zombie until its parent asks for it.
  return existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
}

/** Resident memory in bytes. */
export function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;
}

function childrenOf(parent: number): number[] {
  const pids = readdirSync("/proc").map(Number).filter(Number.isInteger);
  return pids.filter((pid) => {
    try {
      const isChild = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ")[1] === String(parent);
      return isChild && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("pcap/child.js");
    } catch {
      // It has ended since the listing.
      return false;
    }
  });
}
