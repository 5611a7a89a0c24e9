// What the capture child gives up, tried in a process of its own that confines itself with the same functions and then attempts
// everything. The real child is looked at in capture-confinement.test.ts.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { threadPrivileges } from "../support/process-status.ts";
import { tempFolder } from "../support/temp-folder.ts";
import type { Confined, ConfinementMode } from "./confinement-process.ts";

const PROCESS = fileURLToPath(new URL("confinement-process.ts", import.meta.url));
const EPERM = 1;
const EACCES = 13;

function start(mode: ConfinementMode, folder: string): ChildProcess {
  return spawn(process.execPath, ["--import", "tsx", PROCESS, mode, folder], { stdio: ["pipe", "pipe", "inherit"] });
}

/** Runs `look` while the confined process waits; then it must end by itself. */
async function confined(
  mode: ConfinementMode,
  look: (said: Confined, child: ChildProcess) => void | Promise<void>,
): Promise<void> {
  await using folder = await tempFolder();
  const child = start(mode, folder.path);
  const ended = once(child, "close");
  try {
    if (child.stdout === null) throw new Error("the process has no standard output");
    const [line] = await Promise.race([once(createInterface({ input: child.stdout }), "line"), ended]);
    await look(JSON.parse(String(line)), child);
    expect(await readdir(folder.path)).toEqual(["file"]);
    child.stdin?.end();
    expect(await ended).toEqual([0, null]);
  } finally {
    child.kill("SIGKILL");
    await ended;
  }
}

it("leaves a confined process nothing but memory, time and what is open", async () => {
  await confined("all", ({ missing, tries, goesOn }) => {
    expect(missing).toEqual([]);
    expect(tries).toEqual(Object.fromEntries(Object.keys(tries).map((name) => [name, EPERM])));
    expect(Object.keys(tries).length).toBeGreaterThan(20);
    expect(new Set(Object.values(goesOn))).toEqual(new Set(["ok"]));
  });
});

it("confines every thread, those of Node and V8 included", async () => {
  await confined("all", (_said, child) => {
    const threads = threadPrivileges(child.pid ?? 0);
    expect(threads.length).toBeGreaterThan(4);
    for (const { permitted, effective, inheritable, ambient, noNewPrivileges, seccomp } of threads) {
      expect({ permitted, effective, inheritable, ambient }).toEqual({
        permitted: 0n,
        effective: 0n,
        inheritable: 0n,
        ambient: 0n,
      });
      expect({ noNewPrivileges, seccomp }).toEqual({ noNewPrivileges: true, seccomp: 2 });
    }
  });
});

it("closes files and TCP by Landlock alone too, should the filter of system calls be missing", async () => {
  await confined("landlock", ({ missing, tries }) => {
    expect(missing).toEqual([]);
    const {
      "open for writing": written,
      "open for reading": read,
      unlink,
      rename,
      mkdir,
      execve,
      bind,
      connect,
    } = tries;
    const outcomes = { written, read, unlink, mkdir, execve, bind, connect };
    expect(outcomes).toEqual(Object.fromEntries(Object.keys(outcomes).map((name) => [name, EACCES])));
    expect(rename).not.toBe("ok");
  });
});

it.runIf(process.arch === "x64")("ends a process that makes a system call of another architecture", async () => {
  await using folder = await tempFolder();
  const child = start("x32", folder.path);
  expect(await once(child, "close")).toEqual([null, "SIGSYS"]);
});
