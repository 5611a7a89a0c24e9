// Waits for runs of kernel programs that are under way: one may have looked at a map before it was changed.

import { setTimeout as sleep } from "node:timers/promises";
import koffi from "koffi";
import { inThread } from "./libbpf.ts";

/** membarrier(2) by architecture; the C library has no function for it. */
const SYSTEM_CALL: Readonly<Record<string, number>> = { x64: 324, arm64: 283 };
const MEMBARRIER_CMD_GLOBAL = 1;
/** Where the kernel has no such call: no run takes that long, unless its CPU is stopped. */
const LONGEST_RUN_MS = 100;

const syscall = koffi.load("libc.so.6").func("long syscall(long number, long command, long flags, long cpu)");

/**
 * Resolves when every run that began before has ended. MEMBARRIER_CMD_GLOBAL waits for a grace period of RCU
 * (linux/kernel/sched/membarrier.c), in which programs run.
 */
export async function programsInFlight(): Promise<void> {
  const number = SYSTEM_CALL[process.arch];
  const result = number === undefined ? -1 : await inThread(syscall, number, MEMBARRIER_CMD_GLOBAL, 0, 0);
  if (result !== 0) await sleep(LONGEST_RUN_MS);
}
