// Where the kernel counts for a state folder, noted in that folder: a user who may not look into the bpffs could not tell that
// an earlier agent's program still counts there, and would count its traffic a second time. A note ends with the machine's
// run, as what it is about does.

import { readFileSync, readlinkSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { listFolder } from "./bpffs.ts";
import { KernelError } from "./kernel-error.ts";
import type { KernelFolders } from "./kernel-folders.ts";
import { findKernelFolder } from "./support.ts";

/** Whose windows the kernel has, and in which bpffs. */
export interface KernelPlace {
  readonly bpffs: string;
  readonly ledgerId: string;
}

interface Note {
  readonly bootId: string;
  readonly places: readonly KernelPlace[];
}

const FILE = "kernel-places.json";

/** Where agents of this state folder may have left a program counting since the machine started. */
export function notedPlaces(stateDir: string): readonly KernelPlace[] {
  try {
    const { bootId: noted, places }: Note = JSON.parse(readFileSync(join(stateDir, FILE), "utf8"));
    return noted === bootId() ? places : [];
  } catch {
    // There is none, or it is not ours to read: then the state folder is not either, which is said elsewhere.
    return [];
  }
}

/** Notes these and no others. Throws the file system's error where the note cannot be changed. */
export function notePlaces(stateDir: string, places: readonly KernelPlace[]): void {
  const file = join(stateDir, FILE);
  if (places.length === 0) return rmSync(file, { force: true });
  const note: Note = { bootId: bootId(), places };
  // Not synced: it need not outlive the machine's run.
  writeFileSync(`${file}.new`, `${JSON.stringify(note)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** The place of an agent that reaches its bpffs by `bpffs`, named so that every process understands it. */
export function placeOf(bpffs: string, ledgerId: string): KernelPlace {
  return { bpffs: bpffs.startsWith("/proc/self/fd/") ? readlinkSync(bpffs) : resolve(bpffs), ledgerId };
}

/** The bpffs of a place as a process with that of its own reaches it: `own` may be open where the path is closed. */
export function reachPlace({ bpffs }: KernelPlace, own: string): string {
  return placeOf(own, "").bpffs === bpffs ? own : bpffs;
}

/** Folders of noted places, without those in the bpffs `own`. */
export function otherFolders(places: readonly KernelPlace[], folders: Omit<KernelFolders, "folder">, own: string) {
  const others = new Set(places.map(({ bpffs }) => bpffs).filter((bpffs) => bpffs !== placeOf(own, "").bpffs));
  return [...others].flatMap((bpffs): KernelFolders[] => {
    const folder = findKernelFolder(bpffs);
    return folder === null ? [] : [{ ...folders, folder }];
  });
}

/** What keeps this process from looking into a place; null where nothing does. */
export function closedBecause(place: KernelPlace, own: string): string | null {
  const bpffs = reachPlace(place, own);
  const folder = findKernelFolder(bpffs);
  if (folder === null) return `${place.bpffs} is no bpffs here, or closed to this user`;
  try {
    listFolder(join(folder, place.ledgerId));
    return null;
  } catch (error) {
    if (error instanceof KernelError) return `${join(folder, place.ledgerId)} is closed to this user`;
    throw error;
  }
}

/** Throws KernelError where one of the places is closed to this process: whoever cannot end a count must not begin another. */
export function requireOpenPlaces(places: readonly KernelPlace[], own: string): void {
  for (const place of places) {
    const reason = closedBecause(place, own);
    if (reason !== null) throw new KernelError(`${reason}, and ${WHAT_IS_THERE}`, 0, FIX);
  }
}

/** Whether a place that is open has anything of its ledger. */
export function isLeftIn(place: KernelPlace, own: string): boolean {
  const folder = findKernelFolder(reachPlace(place, own));
  const isOpen = folder !== null && closedBecause(place, own) === null;
  return isOpen && listFolder(join(folder, place.ledgerId)).length > 0;
}

const WHAT_IS_THERE = "an earlier agent's program may still count there: its traffic would be counted twice";
const FIX = "start as the user that ran it, or run acct-agent detach as that user or as root";

let boot: string | null = null;

function bootId(): string {
  return (boot ??= readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim());
}
