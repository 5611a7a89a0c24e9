// Starts a capture child and speaks with it. The child's libpcap must not use immediate mode: it would cut the ring into
// slots of the snap length, a thousand packets in 64 MiB, where the default packs half a million.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CHANNEL_FD, encodeMessage, MessageReader, type Order, type Report, type StartOrder } from "./channel.ts";

const CHILD = fileURLToPath(new URL("./child.js", import.meta.url));
/** The child's heap holds one window's table; a small young generation keeps its pauses short. */
const NODE_OPTIONS = ["--max-semi-space-size=2", "--max-old-space-size=128"];
const STDERR_LIMIT_BYTES = 2_048;

export interface CaptureChild {
  send(order: Order): void;
  /** Everything that the child reports, in order; ends when the child has. */
  reports(): AsyncIterable<Report>;
  readonly pid: number | undefined;
  /** How it ended, in the system's words and the last line that it wrote to standard error. */
  readonly ended: Promise<string>;
  kill(): void;
}

/** Starts the child and gives it its first order. */
export function startCaptureChild(order: StartOrder): CaptureChild {
  const libraries = withoutImmediateMode();
  const child = spawn(process.execPath, [...NODE_OPTIONS, CHILD], {
    stdio: ["ignore", "ignore", "pipe", "pipe"],
    env: childEnvironment(libraries.path),
    cwd: "/",
  });
  const channel = child.stdio[CHANNEL_FD];
  if (!(channel instanceof Socket)) throw new Error("capture: the child has no channel");
  // A write to a child that has just ended fails; `ended` tells why.
  channel.on("error", () => undefined);
  channel.write(encodeMessage(order));
  const ended = endOf(child).finally(() => libraries.remove());
  return {
    pid: child.pid,
    ended,
    send: (later) => void channel.write(encodeMessage(later)),
    reports: () => readReports(channel, () => libraries.remove()),
    kill: () => void child.kill("SIGKILL"),
  };
}

/** What the loader reads, and a test's clock: secrets of others may be in the rest. */
function childEnvironment(libraryPath: string): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => /^(LD|ACCT)_/.test(name));
  return { ...Object.fromEntries(kept), LD_LIBRARY_PATH: libraryPath };
}

/** `loaded` is called whenever the child has spoken: by then it has loaded its libraries. */
async function* readReports(channel: Socket, loaded: () => void): AsyncGenerator<Report> {
  const reader = new MessageReader<Report>();
  const chunks: AsyncIterable<Buffer> = channel;
  try {
    for await (const chunk of chunks) {
      loaded();
      yield* reader.read(chunk);
    }
  } catch (error) {
    // A child that dies with orders unread resets the channel; `ended` tells why it died.
    if (error !== channel.errored) throw error;
  }
}

function endOf(child: ChildProcess): Promise<string> {
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-STDERR_LIMIT_BYTES);
  });
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => {
      const said = stderr.trim().split("\n").at(-1) ?? "";
      resolve(`${signal ?? `exit code ${code}`}${said === "" ? "" : `: ${said}`}`);
    });
  });
}

/**
 * A folder in which `libpcap.so` is the C library: `cap` looks there for pcap_set_immediate_mode, finds none and leaves
 * the ring in its packed form. Without the folder, it depends on whether libpcap's development files are installed.
 */
function withoutImmediateMode(): { readonly path: string; remove(): void } {
  const libc = /\S+\/libc\.so\.6$/m.exec(readFileSync("/proc/self/maps", "utf8"))?.[0];
  if (libc === undefined) throw new Error("capture: this process runs without libc.so.6");
  const path = mkdtempSync(join(tmpdir(), "acct-agent-"));
  symlinkSync(libc, join(path, "libpcap.so"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
