// The BPF file system: what is pinned there outlives the agent, until it is removed or the machine restarts.

import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readlinkSync, renameSync, rmdirSync, statfsSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { KernelError } from "./kernel-error.ts";

/** BPF_FS_MAGIC, linux/magic.h. */
const BPF_FS_MAGIC = 0xcafe4a11;
/** Where another process sees the file system: `ip netns exec` puts a new /sys over the one with bpffs in it. */
const FIRST_PROCESS_ROOT = "/proc/1/root";

/** The path under which this process reaches the bpffs mounted at `path`; null where none is mounted. */
export function findBpffs(path: string): string | null {
  return [path, join(FIRST_PROCESS_ROOT, path)].find(isBpffs) ?? null;
}

/** The same, mounted where nobody has. Throws KernelError where that is impossible. */
export function reachBpffs(path: string): string {
  const reached = findBpffs(path);
  if (reached !== null) return reached;
  mountBpffs(path);
  const mounted = findBpffs(path);
  if (mounted !== null) return mounted;
  throw new KernelError(`${path} is not a bpffs`, 0, `mount -t bpf bpf ${path}`);
}

/** A name that bpffs accepts: it reserves dots. */
export function pinName(name: string): string {
  return name.replace(/[%.]/g, (char) => `%${char.charCodeAt(0).toString(16)}`);
}

/** Makes a folder and those above it. */
export function makeFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
}

/** Names in a folder; none where there is no such folder, or it is a pin. Throws KernelError where it is closed to this user. */
export function listFolder(path: string): readonly string[] {
  try {
    return readdirSync(path).toSorted();
  } catch (error) {
    if (isMissing(error) || isNotFolder(error)) return [];
    if (!isClosed(error)) throw error;
    throw new KernelError(`${path} cannot be listed: EACCES`, 0, "run as its owner, or as root");
  }
}

/** Renames a folder; one that is gone already is fine. */
export function moveFolder(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** Removes a pin or a folder with everything in it; what is gone already is fine. */
export function unpin(path: string): void {
  try {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      const inner = join(path, entry.name);
      if (entry.isDirectory()) unpin(inner);
      else unlinkSync(inner);
    }
    rmdirSync(path);
  } catch (error) {
    if (isNotFolder(error)) unlinkSync(path);
    else if (!isMissing(error)) throw error;
  }
}

/** Removes a folder if nothing is in it. */
export function removeEmpty(path: string): void {
  if (listFolder(path).length === 0) unpin(path);
}

function isBpffs(path: string): boolean {
  try {
    return statfsSync(path).type === BPF_FS_MAGIC;
  } catch {
    return false;
  }
}

/** In the mount namespace of the first process, so that the mount outlives a private one. */
function mountBpffs(path: string): void {
  const mount = ["mount", "-t", "bpf", "-o", "mode=700", "bpf", path];
  const [file = "mount", ...args] = isInFirstMountNamespace() ? mount : ["nsenter", "--target=1", "--mount", ...mount];
  try {
    execFileSync(file, args, { stdio: "pipe" });
  } catch {
    // The caller looks whether it is there now and says what is missing.
  }
}

function isInFirstMountNamespace(): boolean {
  try {
    return readlinkSync("/proc/self/ns/mnt") === readlinkSync("/proc/1/ns/mnt");
  } catch {
    return true;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

function isClosed(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EACCES";
}

function isNotFolder(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOTDIR";
}
