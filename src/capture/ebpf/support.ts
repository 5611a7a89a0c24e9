// Whether this machine can count in the kernel, found out by loading the program; and where its state is kept.

import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import { findBpffs, makeFolder, reachBpffs } from "./bpffs.ts";
import { KernelError } from "./kernel-error.ts";
import { Link } from "./layout.ts";
import { LoadedProgram, type ProgramOptions } from "./program.ts";
import { type AttachKind, totalsSlots } from "./source-manifest.ts";
import { TcxLinks } from "./tcx-links.ts";

export interface EbpfSupport {
  readonly attach: AttachKind;
  /** Where kernel state of all agents is pinned. */
  readonly folder: string;
}

export type ProgramSize = Pick<ProgramOptions, "windowMs" | "maxAddresses" | "networks">;

const FOLDER = "acct-agent";

/** Where an earlier agent may have left something; null where nothing can be. */
export function findKernelFolder(bpffs: string): string | null {
  const root = findBpffs(bpffs);
  return root === null ? null : join(root, FOLDER);
}

/** Throws KernelError that says what is missing. `wanted` null takes TCX where the kernel has it. */
export async function findEbpf(bpffs: string, wanted: AttachKind | null): Promise<EbpfSupport> {
  const folder = join(reachBpffs(bpffs), FOLDER);
  requireFolder(folder);
  if (wanted !== "socket") {
    using program = await smallProgram("tcx");
    try {
      TcxLinks.probe(program.programFd);
      return { attach: "tcx", folder };
    } catch (error) {
      const EINVAL = 22;
      const isOldKernel = error instanceof KernelError && error.errno === EINVAL;
      if (wanted === "tcx" || !isOldKernel) throw error;
    }
  }
  using _program = await smallProgram("socket");
  return { attach: "socket", folder };
}

/** Bytes of kernel memory that the maps of one interface take, found out by making them. */
export async function measureMemory(size: ProgramSize): Promise<number> {
  using program = await LoadedProgram.load({
    ...SMALL,
    ...size,
    attach: "tcx",
    totalsSlots: totalsSlots(size.windowMs),
  });
  return program.memoryBytes();
}

function requireFolder(folder: string): void {
  try {
    makeFolder(folder);
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    const fix = "run as root, or set capture.bpffs to a bpffs that this user may write";
    throw new KernelError(`${folder} cannot be written: ${code}`, 0, fix);
  }
}

function smallProgram(attach: AttachKind): Promise<LoadedProgram> {
  return LoadedProgram.load({ ...SMALL, attach });
}

const SMALL = {
  link: Link.ethernet,
  isLoopback: false,
  windowMs: 60_000,
  maxAddresses: 1,
  totalsSlots: 1_024,
  networks: [],
  manifest: Buffer.alloc(1),
};
