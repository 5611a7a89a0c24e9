// A process of its own for every-thread.test.ts: its signal handler, user and filters must not be the test's. Says what came of
// it as a line of JSON. Arguments: what to do, and a configuration or folder of the test's.

import { join } from "node:path";
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import koffi from "koffi";
import { limitPrivileges } from "../../src/agent-privileges.ts";
import { ConfigError, loadConfig } from "../../src/config/config.ts";
import { inEveryThread } from "../../src/lib/every-thread.ts";
import { isOpenFolder, isReadable, isWritableFolder } from "../../src/lib/file-access.ts";
import { systemCall, systemCallNumber } from "../../src/lib/system-call.ts";
import { becomeUser, findUser } from "../../src/lib/user-account.ts";

export interface LateThread {
  readonly first: string | null;
  readonly second: string | null;
  readonly secondMs: number;
  /** Of a change of user after that. */
  readonly problems: readonly string[];
}

export interface FileAnswers {
  readonly readable: boolean;
  readonly secret: boolean;
  readonly folder: boolean;
  readonly open: boolean;
  readonly closedFolder: boolean;
}

/** How a kernel without faccessat2, and a filter of system calls, answer it. */
export type Refusal = "ENOSYS" | "EPERM";

const PR_GET_NO_NEW_PRIVS = 39;
const PR_SET_NO_NEW_PRIVS = 38;
const CALL = [{ name: "prctl", args: [PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0] }] as const;
/** Blocks SIGSETXID, as the C library never does, and stays. */
const DEAF_THREAD = `
  const { parentPort, workerData } = require("node:worker_threads");
  const syscall = require("koffi").load("libc.so.6").func("long syscall(long n, int64_t a, void *b, int64_t c, int64_t d)");
  syscall(workerData, 0, Buffer.from(Uint32Array.of(0, 1).buffer), 0, 8);
  parentPort.postMessage("deaf");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);`;

async function lateThread(configFile: string): Promise<LateThread> {
  const worker = new Worker(DEAF_THREAD, {
    eval: true,
    execArgv: [],
    workerData: systemCallNumber("rt_sigprocmask"),
  });
  await once(worker, "message");
  const first = inEveryThread(CALL, 200);
  const startMs = performance.now();
  const second = inEveryThread(CALL);
  return { first, second, secondMs: performance.now() - startMs, problems: problemsOf(configFile) };
}

function problemsOf(configFile: string): readonly string[] {
  try {
    limitPrivileges(loadConfig(configFile));
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

/** Many calls, while the threads of Node's pool work. */
function often(): readonly (string | null)[] {
  return [...new Set(Array.from({ length: 300 }, () => inEveryThread(CALL)))];
}

/** The same question by root and by a user. */
function access(refusal: Refusal, folder: string): Readonly<Record<"root" | "user", FileAnswers>> {
  refuse(Number(systemCallNumber("faccessat2")), refusal === "ENOSYS" ? 38 : 1);
  const root = answers(folder);
  const nobody = findUser("nobody");
  if (nobody === null) throw new Error("there is no user nobody");
  becomeUser(nobody);
  return { root, user: answers(folder) };
}

function answers(folder: string): FileAnswers {
  return {
    readable: isReadable(join(folder, "readable")),
    secret: isReadable(join(folder, "secret")),
    folder: isWritableFolder(join(folder, "own")),
    open: isOpenFolder(join(folder, "own")),
    closedFolder: isWritableFolder(join(folder, "closed")),
  };
}

/** A filter of system calls: load the number; is it this one, fail, else allow. */
function refuse(call: number, errno: number): void {
  const instructions = [
    [0x20, 0, 0, 0],
    [0x15, 0, 1, call],
    [0x06, 0, 0, 0x0005_0000 | errno],
    [0x06, 0, 0, 0x7fff_0000],
  ] as const;
  const program = Buffer.alloc(instructions.length * 8);
  for (const [index, [code, yes, no, k]] of instructions.entries()) {
    program.writeUInt16LE(code, index * 8);
    program.writeUInt8(yes, index * 8 + 2);
    program.writeUInt8(no, index * 8 + 3);
    program.writeUInt32LE(k, index * 8 + 4);
  }
  const head = Buffer.alloc(16);
  head.writeUInt16LE(instructions.length, 0);
  head.writeBigUInt64LE(koffi.address(program), 8);
  systemCall("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  const answer = systemCall("seccomp", 1, 1, head);
  if (answer !== 0) throw new Error(`seccomp: ${answer}`);
}

async function main([mode, argument = "", refusal]: readonly string[]): Promise<unknown> {
  if (mode === "late") return lateThread(argument);
  if (mode === "often") return often();
  return access(refusal === "ENOSYS" ? "ENOSYS" : "EPERM", argument);
}

process.stdout.write(`${JSON.stringify(await main(process.argv.slice(2)))}\n`, () => process.exit(0));
