// Where the demonstration happens: a folder, a BPF file system of its own in it, and two network namespaces with a wire
// between them. The host's own network stays as it is. Everything bears the process id, so that a later run can remove what
// a killed one left; nothing else is touched.

import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { runCommandIn, runCommand } from "../../test/support/agent-process.ts";
import { createWire } from "../../test/support/link.ts";
import { Namespace, removeEnd, silence } from "../../test/support/netns.ts";
import { waitFor } from "../../test/support/wait-for.ts";

const run = promisify(execFile);
const FOLDER = /^acct-agent-demo-(\d+)$/;
const STOP_TIMEOUT_MS = 20_000;

/** A namespace whose commands end with this process, however it ends, and get no Ctrl-C of its terminal. */
class OwnNamespace extends Namespace {
  override command(file: string, args: readonly string[]): readonly [file: string, args: string[]] {
    return super.command("setsid", ["setpriv", "--pdeathsig", "TERM", "--", file, ...args]);
  }
}

export interface Ground {
  readonly folder: string;
  readonly configFile: string;
  readonly stateDir: string;
  /** Where the agent runs. */
  readonly edge: Namespace;
  /** The other end of its wire. */
  readonly customers: Namespace;
}

/** That of a process; nothing of it need exist. */
function groundOf(pid: number): Ground {
  // As the kernel names it, which the list of mounts does too.
  const folder = join(realpathSync(tmpdir()), `acct-agent-demo-${pid}`);
  return {
    folder,
    configFile: join(folder, "agent.toml"),
    stateDir: join(folder, "state"),
    edge: new OwnNamespace(`acct-demo-${pid}-edge`, "wan0", 1),
    customers: new OwnNamespace(`acct-demo-${pid}-customers`, "lan0", 2),
  };
}

/** The BPF file system in which the agent keeps its kernel state. */
export function bpffsOf({ folder }: Ground): string {
  return join(folder, "bpf");
}

/** Makes this process' own. `removeGround` removes it, also where this fails halfway. */
export async function makeGround(): Promise<Ground> {
  const ground = groundOf(process.pid);
  const { edge, customers } = ground;
  await mkdir(ground.folder, { mode: 0o700 });
  await mkdir(bpffsOf(ground));
  await run("mount", ["-t", "bpf", "-o", "mode=0700", "bpf", bpffsOf(ground)]);
  for (const end of [edge, customers]) await silence(end);
  await createWire({ edge, peer: customers });
  await edge.exec("ip", ["link", "set", "dev", "lo", "up"]);
  return ground;
}

/** Removes this process' own; true where the agent's `detach` left nothing in the kernel. */
export async function removeOwnGround(): Promise<boolean> {
  return removeGround(groundOf(process.pid));
}

/** Removes what demonstrations left that were killed; returns how many. */
export async function removeLeftGrounds(): Promise<number> {
  const pids = readdirSync(tmpdir()).flatMap((name) => FOLDER.exec(name)?.slice(1).map(Number) ?? []);
  const left = pids.filter((pid) => pid === process.pid || !isDemo(pid));
  for (const pid of left) await removeGround(groundOf(pid));
  return left.length;
}

function isDemo(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("demo.ts");
  } catch {
    // There is no such process.
    return false;
  }
}

async function removeGround(ground: Ground): Promise<boolean> {
  const { folder, edge, customers } = ground;
  await commandsEnded(ground);
  const isDetached = await detach(ground);
  for (const end of [edge, customers]) await removeEnd(end);
  if (isMountPoint(bpffsOf(ground))) await run("umount", [bpffsOf(ground)]);
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  return isDetached;
}

/** The kernel told the commands of a dead demonstration to stop; this waits until they have. */
async function commandsEnded({ edge, customers }: Ground): Promise<void> {
  for (const { name } of [edge, customers]) {
    if (!existsSync(`/run/netns/${name}`)) continue;
    const isEmpty = async (): Promise<boolean> => (await run("ip", ["netns", "pids", name])).stdout.trim() === "";
    await waitFor(`the commands in ${name} to end`, isEmpty, { timeoutMs: STOP_TIMEOUT_MS, intervalMs: 100 });
  }
}

async function detach(ground: Ground): Promise<boolean> {
  const { configFile, edge } = ground;
  if (!existsSync(configFile) || !isMountPoint(bpffsOf(ground))) return true;
  const args = ["detach", "--config", configFile] as const;
  const isThere = existsSync(`/run/netns/${edge.name}`);
  const { code } = await (isThere ? runCommandIn(edge, ...args) : runCommand(...args));
  return code === 0 && pinsIn(bpffsOf(ground)).length === 0;
}

/** Paths of the maps and links that are pinned under a folder of a BPF file system. */
export function pinsIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && !entry.name.endsWith(".debug"))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** proc(5): blanks and backslashes of a path are octal. */
function isMountPoint(path: string): boolean {
  const plain = (text: string): string =>
    text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCodePoint(Number.parseInt(octal, 8)));
  return readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .some((line) => plain(line.split(" ")[1] ?? "") === path);
}
