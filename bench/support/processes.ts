// What the kernel says of a process and all its descendants: CPU time (proc(5), stat), memory (smaps_rollup) and BPF maps
// (fdinfo).

import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

const TICKS_PER_SECOND = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
/** Fields of /proc/PID/stat behind the command's name: utime, stime, and those of children that have ended. */
const USER = 11;
const CPU_FIELDS = 4;

export interface Memory {
  /** Bytes in memory, shared pages counted whole in each process. */
  readonly rss: number;
  /** Shared pages divided among the processes that map them. */
  readonly pss: number;
  /** Pages of this process alone. */
  readonly own: number;
}

/** The process and everything that it started and that still runs. */
export function processTree(pid: number): readonly number[] {
  const children = orEmpty(() => readdirSync(`/proc/${pid}/task`)).flatMap((thread) =>
    orEmpty(() => readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").trim().split(" ")),
  );
  return [pid, ...children.filter((child) => child !== "").flatMap((child) => processTree(Number(child)))];
}

/** User and system seconds of the tree, all threads, children that have ended included. */
export function cpuSeconds(pid: number): number {
  return processTree(pid).reduce((sum, one) => sum + cpuSecondsOf(one), 0);
}

/** Memory of one process; zeros where it is gone. */
export function memoryOf(pid: number): Memory {
  const text = orEmpty(() => [readFileSync(`/proc/${pid}/smaps_rollup`, "utf8")]).join("");
  const bytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? 0) * 1024;
  return { rss: bytes("Rss"), pss: bytes("Pss"), own: bytes("Private_Clean") + bytes("Private_Dirty") };
}

/** What a program of one thread has run, ns; the kernel's ticks, in which CPU time is else told, are 10 ms. */
export function onCoreNs(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[0]);
}

/** Kernel memory of the BPF maps that the processes have open, each map once. */
export function bpfMapBytes(pids: readonly number[]): number {
  const maps = new Map<string, number>();
  for (const text of pids.flatMap(openFiles)) {
    const [, id] = /^map_id:\s+(\d+)$/m.exec(text) ?? [];
    const [, bytes] = /^memlock:\s+(\d+)$/m.exec(text) ?? [];
    if (id !== undefined) maps.set(id, Number(bytes));
  }
  return [...maps.values()].reduce((sum, bytes) => sum + bytes, 0);
}

function openFiles(pid: number): readonly string[] {
  const folder = `/proc/${pid}/fdinfo`;
  return orEmpty(() => readdirSync(folder)).flatMap((file) =>
    orEmpty(() => [readFileSync(`${folder}/${file}`, "utf8")]),
  );
}

/** User and system seconds of one process, all threads, children that have ended included; 0 where it is gone. */
export function cpuSecondsOf(pid: number): number {
  const [text = ""] = orEmpty(() => [readFileSync(`/proc/${pid}/stat`, "utf8")]);
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const ticks = fields.slice(USER, USER + CPU_FIELDS).reduce((sum, field) => sum + Number(field), 0);
  return ticks / TICKS_PER_SECOND;
}

/** A process may end between being listed and being read. */
function orEmpty<T>(read: () => T[]): T[] {
  try {
    return read();
  } catch {
    return [];
  }
}
