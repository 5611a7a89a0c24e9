// Whose state is whose under bpffs: a folder for each ledger, in it one for each interface. Windows of a folder are
// committed to that ledger and no other.

import { renameSync } from "node:fs";
import { join } from "node:path";
import { listFolder, makeFolder, pinName, removeEmpty, unpin } from "./bpffs.ts";
import { namespaceCookie } from "./device.ts";
import { KernelError } from "./kernel-error.ts";
import { KernelSource } from "./kernel-source.ts";
import { readManifest } from "./manifest-map.ts";
import { KernelState } from "./kernel-state.ts";
import type { DrainDependencies } from "./source-drain.ts";
import type { SourceManifest } from "./source-manifest.ts";

/** The folder of all agents under bpffs, and the ledger that this agent has. */
export interface KernelFolders {
  readonly folder: string;
  readonly ledgerId: string;
  readonly stateDir: string;
}

export function interfaceFolder({ folder, ledgerId }: KernelFolders, interfaceName: string): string {
  return join(folder, ledgerId, pinName(interfaceName));
}

/** Folders of this ledger's interfaces. */
export function interfaceFolders({ folder, ledgerId }: KernelFolders): readonly string[] {
  return listFolder(join(folder, ledgerId)).map((name) => join(folder, ledgerId, name));
}

/** Takes in what another ledger in the same state folder, deleted since, left in this network namespace. */
export function takeInOrphans(folders: KernelFolders): void {
  const namespace = namespaceCookie();
  for (const other of listFolder(folders.folder)) {
    if (other === folders.ledgerId) continue;
    const names = tryList(join(folders.folder, other));
    if (names === null) continue;
    for (const name of names) {
      const from = join(folders.folder, other, name);
      const manifest = tryFirstManifest(from);
      if (manifest?.stateDir !== folders.stateDir || manifest.namespace !== namespace) continue;
      const to = join(folders.folder, folders.ledgerId, name);
      if (listFolder(to).length > 0) continue;
      makeFolder(join(folders.folder, folders.ledgerId));
      renameSync(from, to);
    }
    removeEmpty(join(folders.folder, other));
  }
}

/** Ends counting in a folder, hands over what is in it and removes it. False where the sink refused: it stays. */
export async function retire(folder: string, deps: DrainDependencies): Promise<boolean> {
  const manifest = firstManifest(folder);
  if (manifest) {
    const { interface: name, attach, windowMs, maxAddresses, stateDir } = manifest;
    const options = { interface: name, folder, stateDir, attach, windowMs, maxAddresses, networks: [] };
    using state = new KernelState(options, deps);
    if (state.open()) state.detach();
    if (!(await state.drain())) return false;
  }
  unpin(folder);
  return true;
}

/** Null where it is closed to this user: another's, or noted (kernel-places.ts). */
function tryList(folder: string): readonly string[] | null {
  try {
    return listFolder(folder);
  } catch (error) {
    if (error instanceof KernelError) return null;
    throw error;
  }
}

/** Null also where it cannot be read: another agent may be removing it, and then it is none of ours. */
function tryFirstManifest(folder: string): SourceManifest | null {
  try {
    return firstManifest(folder);
  } catch (error) {
    if (error instanceof KernelError) return null;
    throw error;
  }
}

function firstManifest(folder: string): SourceManifest | null {
  for (const name of listFolder(folder)) {
    const path = join(folder, name);
    if (listFolder(path).length > 0 && !KernelSource.isUnfinished(path)) return readManifest(path);
  }
  return null;
}
