// Typed front of send-frames.c: compiles it once for its content and runs it in a namespace of a test.

import { type ChildProcess, execFile } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename } from "node:fs/promises";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Namespace } from "./netns.ts";

const SOURCE = fileURLToPath(new URL("send-frames.c", import.meta.url));
const CACHE_DIR = fileURLToPath(new URL("../../node_modules/.cache/acct-agent/", import.meta.url));

/** Generated UDP frames, or a file's frames where `pcap` is given. */
export interface TrafficOptions {
  /** Frames to send; default: until stopped, or once through `pcap`. */
  readonly count?: number;
  /** Frames a second; 0, the default, as fast as possible. */
  readonly rate?: number;
  /** The wall clock's time after which no more frames leave, milliseconds since the epoch. */
  readonly until?: number;
  /** Sends through the queueing discipline, where the egress hook and the taps of `from` see the frames. */
  readonly qdisc?: boolean;
  /** Ethernet frame without its check sequence; default 60. An IP packet is 14 bytes smaller. */
  readonly size?: number;
  /** Consecutive addresses to cycle over from `dstNet`, 1 (default) to 65,536. */
  readonly hosts?: number;
  readonly ipv6?: boolean;
  /** Cycles over source addresses from `srcNet` instead. */
  readonly varySrc?: boolean;
  /** First source address; default 198.51.100.1 or 2001:db8:ffff::1. */
  readonly srcNet?: string;
  /** First destination address; default 10.0.0.0 or 2001:db8::. */
  readonly dstNet?: string;
  readonly srcMac?: string;
  /** Default: a station nobody is, so that the receiving host never answers. */
  readonly dstMac?: string;
  /** A classic pcap file of link type Ethernet, sent byte for byte. */
  readonly pcap?: string;
  /** Repeats `pcap` until `count` or until stopped. */
  readonly loop?: boolean;
}

/**
 * What the kernel took: frames, Ethernet bytes without check sequence, and the IP total lengths in them; and when, by
 * the wall clock: all of it from `startedMs` to `endedMs`.
 */
export interface TrafficResult {
  readonly sent: number;
  readonly bytes: number;
  readonly seconds: number;
  readonly ipBytes: number;
  readonly startedMs: number;
  readonly endedMs: number;
}

/** A running sender. `result` settles when it ends; `await using` ends it with the test. */
export class Traffic implements AsyncDisposable {
  readonly result: Promise<TrafficResult>;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.result = collect(child);
    // A test that only looks at counters may never ask for the result.
    this.result.catch(() => undefined);
  }

  /** Resolves when the first frame is about to leave `from`. */
  static async start(from: Namespace, options: TrafficOptions): Promise<Traffic> {
    const program = await compiledSender();
    const traffic = new Traffic(from.spawn(program, [from.interface, ...toArguments(options)], { stdio: "pipe" }));
    await traffic.#started();
    return traffic;
  }

  /** Asks the sender to end; the frames sent so far. */
  async stop(): Promise<TrafficResult> {
    this.#child.kill("SIGTERM");
    return this.result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop().catch(() => undefined);
  }

  /** The sender's first words are "sending", or why it can not. */
  async #started(): Promise<void> {
    const { stderr } = this.#child;
    if (stderr === null) return;
    const words = once(stderr, "data").then(([first]) => String(first));
    const first = await Promise.race([words, this.result.then(() => "sending")]);
    if (!first.startsWith("sending")) await this.result;
  }
}

/** Sends all of it and waits for the end. */
export async function sendFrames(from: Namespace, options: TrafficOptions): Promise<TrafficResult> {
  const traffic = await Traffic.start(from, options);
  return traffic.result;
}

function toArguments(options: TrafficOptions): string[] {
  return Object.entries(options).flatMap(([name, value]) => {
    const option = `--${name.replaceAll(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`)}`;
    if (typeof value === "boolean") return value ? [option] : [];
    return value === undefined ? [] : [option, String(value)];
  });
}

async function collect(child: ChildProcess): Promise<TrafficResult> {
  let output = "";
  let problem = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (problem += text));
  const [code, signal] = await once(child, "close");
  if (code !== 0)
    throw new Error(`send-frames ended with ${code ?? signal}: ${problem.replace("sending\n", "").trim()}`);
  const { sent, bytes, seconds, ip_bytes: ipBytes, started_ms: startedMs, ended_ms: endedMs } = JSON.parse(output);
  return { sent, bytes, seconds, ipBytes, startedMs, endedMs };
}

async function compiledSender(): Promise<string> {
  const digest = createHash("sha256")
    .update(await readFile(SOURCE))
    .digest("hex")
    .slice(0, 16);
  const program = `${CACHE_DIR}send-frames-${digest}`;
  if (existsSync(program)) return program;
  await mkdir(CACHE_DIR, { recursive: true });
  // Several tests of a process, and several processes, may compile it at once: the last to finish wins, with the same.
  const unfinished = `${program}.${randomUUID()}`;
  await promisify(execFile)("gcc", ["-O2", "-Wall", "-Wextra", "-Werror", "-o", unfinished, SOURCE]);
  await rename(unfinished, program);
  return program;
}
