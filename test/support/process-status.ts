// What the kernel says of a running process: its threads' privileges, its open files, its environment.

import { readdirSync, readFileSync, readlinkSync } from "node:fs";

export interface ThreadPrivileges {
  /** Real, effective, saved and file system user. */
  readonly uids: readonly number[];
  readonly permitted: bigint;
  readonly effective: bigint;
  readonly inheritable: bigint;
  readonly ambient: bigint;
  readonly bounding: bigint;
  readonly noNewPrivileges: boolean;
  /** 2 where a filter of system calls is in force. */
  readonly seccomp: number;
}

/** Of each thread, in no order. */
export function threadPrivileges(pid: number): readonly ThreadPrivileges[] {
  return readdirSync(`/proc/${pid}/task`).map((thread) => {
    const status = readFileSync(`/proc/${pid}/task/${thread}/status`, "utf8");
    const field = (name: string): string => new RegExp(`^${name}:\\s*(.*)$`, "m").exec(status)?.[1] ?? "";
    const set = (name: string): bigint => BigInt(`0x${field(name)}`);
    return {
      uids: field("Uid").split("\t").map(Number),
      permitted: set("CapPrm"),
      effective: set("CapEff"),
      inheritable: set("CapInh"),
      ambient: set("CapAmb"),
      bounding: set("CapBnd"),
      noNewPrivileges: field("NoNewPrivs") === "1",
      seccomp: Number(field("Seccomp")),
    };
  });
}

/** What its open files are, such as `socket:[1234]` and paths. */
export function openFiles(pid: number): readonly string[] {
  return readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
}

/** Names of its environment's variables. */
export function environmentNames(pid: number): readonly string[] {
  const entries = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
  return entries.filter((entry) => entry !== "").map((entry) => entry.split("=")[0] ?? "");
}

export function workingFolder(pid: number): string {
  return readlinkSync(`/proc/${pid}/cwd`);
}
