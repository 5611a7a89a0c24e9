// The capabilities of this process (capabilities(7)): what it holds, and giving up the rest for good, in all threads and for
// all programs that it starts.

import { readFileSync } from "node:fs";
import { inEveryThread, type ThreadCall } from "./every-thread.ts";
import { systemCall } from "./system-call.ts";

/** Bits of linux/capability.h. */
export const Capability = {
  CAP_DAC_OVERRIDE: 1,
  CAP_DAC_READ_SEARCH: 2,
  CAP_FOWNER: 3,
  CAP_SETPCAP: 8,
  CAP_NET_BIND_SERVICE: 10,
  CAP_NET_ADMIN: 12,
  CAP_NET_RAW: 13,
  CAP_SYS_ADMIN: 21,
  CAP_SYS_RESOURCE: 24,
  CAP_BPF: 39,
} as const;
export type CapabilityName = keyof typeof Capability;
/** A bit for each capability. */
export type CapabilitySet = bigint;

export interface HeldCapabilities {
  readonly permitted: CapabilitySet;
  readonly effective: CapabilitySet;
  readonly bounding: CapabilitySet;
}

const PR_SET_KEEPCAPS = 8;
const PR_CAPBSET_DROP = 24;
const PR_SET_NO_NEW_PRIVS = 38;
const PR_CAP_AMBIENT = 47;
const PR_CAP_AMBIENT_RAISE = 2;
const PR_CAP_AMBIENT_CLEAR_ALL = 4;
const PR_SET_DUMPABLE = 4;
/** _LINUX_CAPABILITY_VERSION_3: sets of 64 bits in two halves. */
const VERSION = 0x2008_0522;
const HALVES = [0n, 32n];

/** The set of these capabilities. */
export function capabilitySet(names: readonly CapabilityName[]): CapabilitySet {
  return names.reduce((set, name) => set | bit(Capability[name]), 0n);
}

/** The names of those in a set that have one here. */
export function capabilityNames(set: CapabilitySet): readonly string[] {
  return Object.entries(Capability).flatMap(([name, number]) => (has(set, number) ? [name] : []));
}

export function holds(set: CapabilitySet, name: CapabilityName): boolean {
  return has(set, Capability[name]);
}

/** What the main thread holds. */
export function heldCapabilities(): HeldCapabilities {
  const status = readFileSync("/proc/self/status", "utf8");
  const field = (name: string): bigint =>
    BigInt(`0x${new RegExp(`^${name}:\\s*([0-9a-f]+)$`, "m").exec(status)?.[1] ?? "0"}`);
  return { permitted: field("CapPrm"), effective: field("CapEff"), bounding: field("CapBnd") };
}

/** Sets what this thread may use of what it holds, until it is set again. */
export function useCapabilities(effective: CapabilitySet): void {
  const { permitted } = heldCapabilities();
  const [header, sets] = capsetArguments({ effective, permitted, inheritable: 0n });
  systemCall("capset", header, sets);
}

/** Lets a later change from root to another user leave the held capabilities. Returns what failed, or null. */
export function holdThroughUserChange(): string | null {
  return inEveryThread([{ name: "prctl", args: [PR_SET_KEEPCAPS, 1, 0, 0, 0] }]);
}

/**
 * Empties the bounding set but for `kept`: no program that is started can gain another. Does nothing where this process
 * may not. Returns what failed, or null.
 */
export function limitBoundingSet(kept: CapabilitySet): string | null {
  const { effective, bounding } = heldCapabilities();
  if (!holds(effective, "CAP_SETPCAP")) return null;
  const drops = bits(bounding & ~kept).map((number): ThreadCall => ({
    name: "prctl",
    args: [PR_CAPBSET_DROP, number, 0, 0, 0],
  }));
  return inEveryThread(drops);
}

/**
 * Gives up all capabilities but `kept` (those of them that are held) and all that a program with set-user-ID or file
 * capabilities could bring. Programs that are started have `kept` too. Returns what failed, or null.
 */
export function keepCapabilities(kept: CapabilitySet): string | null {
  const held = kept & heldCapabilities().permitted;
  const [header, sets] = capsetArguments({ effective: held, permitted: held, inheritable: held });
  return inEveryThread([
    { name: "prctl", args: [PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0] },
    { name: "capset", args: [header, sets] },
    ...bits(held).map((number): ThreadCall => ({
      name: "prctl",
      args: [PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, number, 0, 0],
    })),
    { name: "prctl", args: [PR_SET_KEEPCAPS, 0, 0, 0, 0] },
    { name: "prctl", args: [PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0] },
  ]);
}

/** No core dump, and no other process of this user may read this one's memory: secrets and bills are in it. */
export function hideMemory(): string | null {
  const result = systemCall("prctl", PR_SET_DUMPABLE, 0, 0, 0, 0);
  return result === 0 ? null : `PR_SET_DUMPABLE failed with errno ${-result}`;
}

/** Whether the kernel has CAP_BPF (Linux 5.8); CAP_SYS_ADMIN stands for it before. */
export function kernelHasCapBpf(): boolean {
  return Number(readFileSync("/proc/sys/kernel/cap_last_cap", "utf8")) >= Capability.CAP_BPF;
}

function capsetArguments(wanted: Readonly<Record<"effective" | "permitted" | "inheritable", CapabilitySet>>) {
  const header = Buffer.alloc(8);
  header.writeUInt32LE(VERSION, 0);
  const words = HALVES.flatMap((shift) =>
    [wanted.effective, wanted.permitted, wanted.inheritable].map((set) => Number((set >> shift) & 0xffff_ffffn)),
  );
  return [header, Buffer.from(Uint32Array.from(words).buffer)] as const;
}

function bits(set: CapabilitySet): readonly number[] {
  return Array.from({ length: 64 }, (_, number) => number).filter((number) => has(set, number));
}

function has(set: CapabilitySet, number: number): boolean {
  return (set & bit(number)) !== 0n;
}

function bit(number: number): bigint {
  return 1n << BigInt(number);
}
