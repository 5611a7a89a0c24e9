// The files that an agent needs by its configuration, and which of them it may not use.

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { findBpffs } from "./capture/ebpf/bpffs.ts";
import { closedBecause, notedPlaces } from "./capture/ebpf/kernel-places.ts";
import { findKernelFolder } from "./capture/ebpf/support.ts";
import type { Config } from "./config/config.ts";
import { isOpenFolder, isReadable, isWritableFolder } from "./lib/file-access.ts";

export interface ClosedFiles {
  /** That cannot be written, or made. */
  readonly folders: readonly string[];
  /** That cannot be read. */
  readonly files: readonly string[];
}

const PROGRAM = fileURLToPath(new URL("main.js", import.meta.url));

/** What this thread may not use with the rights that it has in effect. */
export function closedFiles(config: Config): ClosedFiles {
  const { agent, billing } = config;
  const folders = [agent.stateDir, ...(billing.outputDir === null ? [] : [billing.outputDir])];
  const files = [PROGRAM, config.file, ...namedFiles(config)];
  return {
    folders: folders.filter((folder) => !isWritableFolder(folder)),
    files: files.filter((file) => !isReadable(file)),
  };
}

export interface ClosedKernelFolders {
  /** What keeps this thread from where an earlier agent's program may still count. */
  readonly counting: readonly string[];
  /** The folder to be written for counting in the kernel; null where there is none, or it is open. */
  readonly wanted: string | null;
}

/** The same of the kernel's state. `bpffs` is how this process reaches that of the configuration. */
export function closedKernelFolders({ agent, capture }: Config, bpffs: string): ClosedKernelFolders {
  const reasons = notedPlaces(agent.stateDir).map((place) => closedBecause(place, bpffs));
  const counting = [...new Set(reasons.filter((reason) => reason !== null))];
  const root = capture.backend === "pcap" ? null : findBpffs(bpffs);
  const folder = root === null ? null : findKernelFolder(bpffs);
  const wanted = folder !== null && existsSync(folder) ? folder : root;
  return { counting, wanted: wanted === null || isOpenFolder(wanted) ? null : wanted };
}

/** Secrets and certificates: every key of the configuration that ends in File. */
function namedFiles(value: unknown): readonly string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    typeof inner === "string" && key.endsWith("File") ? [inner] : namedFiles(inner),
  );
}
