// Where the kernel's network receive work runs: /proc/softirqs counts it for each core. Its time is charged to the program
// that it interrupts, or to the core's ksoftirqd where there is too much of it.

import { readdirSync, readFileSync } from "node:fs";
import { onCoreNs } from "./processes.ts";

/** NET_RX softirqs since the start, by core. */
export function receiveSoftirqs(): readonly number[] {
  const line = /^\s*NET_RX:(.*)$/m.exec(readFileSync("/proc/softirqs", "utf8"))?.[1] ?? "";
  return line.trim().split(/\s+/).map(Number);
}

/** What part of those since `before` was on other cores than `core`. */
export function shareElsewhere(before: readonly number[], core: number): number {
  const since = receiveSoftirqs().map((count, index) => count - (before[index] ?? 0));
  const all = since.reduce((sum, count) => sum + count, 0);
  return all === 0 ? 0 : 1 - (since[core] ?? 0) / all;
}

/** What ksoftirqd of a core has run, ns. */
export function softirqThreadNs(core: number): number {
  const pid = readdirSync("/proc").find((name) => /^\d+$/.test(name) && nameOf(name) === `ksoftirqd/${core}`);
  return pid === undefined ? 0 : onCoreNs(Number(pid));
}

function nameOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  } catch {
    // It has ended since the folder was read.
    return "";
  }
}
