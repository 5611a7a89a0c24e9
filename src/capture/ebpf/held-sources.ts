// The sources that an interface has in the kernel: found there, and where one ends and the next begins.

import { join } from "node:path";
import { listFolder, unpin } from "./bpffs.ts";
import { type Device, findDevice } from "./device.ts";
import { KernelSource } from "./kernel-source.ts";
import type { SourceDrain } from "./source-drain.ts";

/** A source and how far it is handed over. */
export interface Held {
  readonly source: KernelSource;
  readonly drain: SourceDrain;
  /** When it stopped counting; null while it does. */
  endedMs: number | null;
}

/** Pins of links, beside the folders of sources. */
const LINK_PINS: ReadonlySet<string> = new Set(["ingress", "egress"]);
const MS_PER_NS = 1_000_000n;
/** A clock that is set further than this makes windows that are not what they seem. */
export const CLOCK_STEP_MS = 1_000;

/** The next source took the place of this one: where its clock is another, that is a time by this one's. */
export function endBefore(held: Held, next: Held | null): void {
  if (!next) return;
  const stepMs = Number((next.source.clock.offsetNs - held.source.clock.offsetNs) / MS_PER_NS);
  const isStep = Math.abs(stepMs) > CLOCK_STEP_MS;
  held.endedMs = next.source.clock.attachedMs - (isStep ? stepMs : 0);
  if (isStep) markStep(held, next, Math.abs(stepMs));
}

/** The step was somewhere in what the old source has not handed over; the new one's first window began with it. */
export function markStep(before: Held, after: Held, stepMs: number): void {
  const { clock } = before.source;
  const lastWindow = clock.currentWindow();
  before.drain.markClockStep(clock.nextWindow, lastWindow, stepMs);
  const firstWindow = after.source.clock.nextWindow;
  if (firstWindow !== lastWindow) after.drain.markClockStep(firstWindow, firstWindow, stepMs);
}

/** The sources that are pinned in a folder, oldest first; what never was complete is removed. */
export function openSources(folder: string): KernelSource[] {
  const sources: KernelSource[] = [];
  for (const name of listFolder(folder)) {
    const path = join(folder, name);
    if (LINK_PINS.has(name)) continue;
    if (KernelSource.isUnfinished(path)) unpin(path);
    else sources.push(KernelSource.open(path));
  }
  const madeNs = ({ manifest }: KernelSource): bigint => BigInt(manifest.madeNs);
  return sources.toSorted((a, b) => (madeNs(a) < madeNs(b) ? -1 : 1));
}

/** Null too where the interface is one that cannot be counted. */
export function tryFindDevice(name: string): Device | null {
  try {
    return findDevice(name);
  } catch {
    return null;
  }
}
