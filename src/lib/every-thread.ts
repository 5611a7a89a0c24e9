// Makes system calls in every thread of this process. What the kernel keeps for each thread (capabilities, Landlock) has to
// be given up by each, and Node has started its threads before any of our code runs. The C library does the same for
// setuid(2), and libpsx of libcap for capset(2): a signal, whose handler makes the calls. The handler is a few instructions
// of machine code, because JavaScript cannot run in a thread that is not its own.

import { readdirSync, readFileSync } from "node:fs";
import koffi from "koffi";
import { type Argument, systemCall, type SystemCallName, systemCallNumber, word } from "./system-call.ts";

export interface ThreadCall {
  readonly name: SystemCallName;
  readonly args: readonly Argument[];
}

/** The code's page takes the most that a page can have; what it reads and writes comes after it. */
const CODE_BYTES = 65_536;
/** From there on: how many threads are done, the last error, and at 64 the calls. */
const DONE_AT = CODE_BYTES;
const ERROR_AT = CODE_BYTES + 4;
const CALLS_AT = CODE_BYTES + 64;
const AREA_BYTES = 2 * CODE_BYTES;
/** Number and five arguments. */
const CALL_BYTES = 48;

interface MachineCode {
  readonly code: string;
  /** Where rt_sigreturn is called; null where the kernel does that itself. */
  readonly restorerAt: number | null;
}

/**
 * for (call = CALLS_AT; call[0] >= 0; call += 48) { r = syscall(call[0..5]); if (r < 0) *ERROR_AT = r; } atomic (*DONE_AT)++;
 *
 * x64: push rbx; lea rbx,CALLS_AT; 1: mov rax,[rbx]; test rax,rax; js 3; mov rdi,[rbx+8]; mov rsi,[rbx+16]; mov rdx,[rbx+24];
 * mov r10,[rbx+32]; mov r8,[rbx+40]; syscall; test rax,rax; jns 2; mov ERROR_AT,eax; 2: add rbx,48; jmp 1;
 * 3: lock inc dword DONE_AT; pop rbx; ret. Restorer: mov eax,15; syscall.
 *
 * arm64: adr x9,CALLS_AT; adr x10,DONE_AT; 1: ldr x8,[x9]; tbnz x8,63,3; ldp x0,x1,[x9,8]; ldp x2,x3,[x9,24]; ldr x4,[x9,40];
 * svc 0; tbz x0,63,2; str w0,[x10,4]; 2: add x9,x9,48; b 1; 3: ldaxr w11,[x10]; add w11,w11,1; stlxr w12,w11,[x10];
 * cbnz w12,3; ret.
 */
const MACHINE_CODE: Readonly<Record<string, MachineCode>> = {
  x64: {
    code:
      "53488d1d38000100488b034885c07827488b7b08488b7310488b53184c8b53204c8b43280f05" +
      "4885c079068905d3ff00004883c330ebd1f0ff05c2ff00005bc3b80f0000000f05",
    restorerAt: 0x40,
  },
  arm64: {
    code:
      "09020810eaff0710280140f92801f8b7208540a9228d41a9241540f9010000d44000f8b6400500b9" +
      "29c10091f7ffff174bfd5f886b0500114bfd0c88acffff35c0035fd6",
    restorerAt: null,
  },
};

const libc = koffi.load("libc.so.6");
const mmap = libc.func("int64_t mmap(int64_t address, size_t length, int protection, int flags, int fd, long offset)");
const mprotect = libc.func("int mprotect(int64_t address, size_t length, int protection)");
const memcpy = libc.func("int64_t memcpy(int64_t to, void *from, size_t length)");
const readWord = libc.func("void *memcpy(void *to, int64_t from, size_t length)");

const PROT_READ = 1;
const PROT_WRITE = 2;
const PROT_EXEC = 4;
/** MAP_PRIVATE | MAP_ANONYMOUS. */
const MAP_FLAGS = 0x22;
/** The C library's own signal for this purpose (SIGSETXID): the only one that no thread can block. */
const SIGNAL = 33;
const SA_RESTORER = 0x0400_0000n;
const SA_RESTART = 0x1000_0000n;
const SIGACTION_BYTES = 32;
const SIGNAL_SET_BYTES = 8;
/** A machine that pages, or a container without CPU time, lets a thread wait long. */
const LIMIT_MS = 30_000;
const MAX_ROUNDS = 10;

/** Set where a thread was not reached: it may still come to the handler, which has to stay. */
let leftBehind: string | null = null;

/**
 * Makes the calls, in order, in each thread; threads that are started meanwhile are reached too. Returns null, or one line
 * that says what failed: a call in any thread, or that a thread was not reached within the limit. After the latter every
 * further call fails at once, and setuid(2) of the C library, which has the same signal, would wait for ever.
 */
export function inEveryThread(calls: readonly ThreadCall[], limitMs = LIMIT_MS): string | null {
  if (leftBehind !== null) return leftBehind;
  const machine = MACHINE_CODE[process.arch];
  if (machine === undefined) return `threads cannot be reached on ${process.arch}`;
  // Never unmapped: a thread that has answered may not have left the code yet.
  const area = BigInt(mmap(0n, AREA_BYTES, PROT_READ | PROT_WRITE, MAP_FLAGS, -1, 0));
  if (area === -1n) return `mmap failed with errno ${koffi.errno()}`;
  copyTo(area, Buffer.from(machine.code, "hex"));
  copyTo(area + BigInt(CALLS_AT), encodeCalls(calls));
  if (mprotect(area, CODE_BYTES, PROT_READ | PROT_EXEC) !== 0) return `mprotect failed with errno ${koffi.errno()}`;
  const before = Buffer.alloc(SIGACTION_BYTES);
  systemCall("rt_sigaction", SIGNAL, signalAction(area, machine), before, SIGNAL_SET_BYTES);
  leftBehind = signalThreads(area, limitMs);
  if (leftBehind !== null) return leftBehind;
  systemCall("rt_sigaction", SIGNAL, before, 0, SIGNAL_SET_BYTES);
  const error = -readInt(area, ERROR_AT);
  return error === 0 ? null : `${calls.map(({ name }) => name).join(", ")} failed with errno ${error}`;
}

/**
 * A round reaches the threads that are there; those that they have started meanwhile are reached by the next one. This
 * thread is the last: the calls may take from it what the rounds need.
 */
function signalThreads(area: bigint, limitMs: number): string | null {
  const own = systemCall("gettid");
  const reached = new Set<string>();
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const found = threads().filter((thread) => !reached.has(thread) && Number(thread) !== own);
    if (found.length === 0) {
      systemCall("tgkill", process.pid, own, SIGNAL);
      return null;
    }
    for (const thread of found) {
      systemCall("tgkill", process.pid, Number(thread), SIGNAL);
      reached.add(thread);
    }
    if (!waitForThreads(area, reached, limitMs)) return "a thread did not answer";
  }
  return "threads are started faster than they can be reached";
}

/** Until each has answered, or ended before it could: of one that ended nobody knows which. */
function waitForThreads(area: bigint, reached: ReadonlySet<string>, limitMs: number): boolean {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  const endMs = performance.now() + limitMs;
  for (;;) {
    const left = threads().filter((thread) => reached.has(thread));
    const done = readInt(area, DONE_AT);
    if (done >= reached.size || (done >= left.length && !left.some(isPending))) return true;
    if (performance.now() > endMs) return false;
    Atomics.wait(pause, 0, 0, 1);
  }
}

function threads(): readonly string[] {
  return readdirSync("/proc/self/task");
}

/** Whether the signal still waits for the thread. */
function isPending(thread: string): boolean {
  try {
    const pending = /^SigPnd:\s*([0-9a-f]+)/m.exec(readFileSync(`/proc/self/task/${thread}/status`, "utf8"))?.[1];
    return ((BigInt(`0x${pending ?? "0"}`) >> BigInt(SIGNAL - 1)) & 1n) === 1n;
  } catch {
    // It has ended since the listing.
    return false;
  }
}

function encodeCalls(calls: readonly ThreadCall[]): Buffer {
  const bytes = Buffer.alloc((calls.length + 1) * CALL_BYTES);
  for (const [index, { name, args }] of calls.entries()) {
    const words = [BigInt(systemCallNumber(name) ?? 0), ...args.map(word)];
    for (const [at, value] of words.entries()) {
      bytes.writeBigUInt64LE(BigInt.asUintN(64, value), index * CALL_BYTES + at * 8);
    }
  }
  bytes.writeBigInt64LE(-1n, calls.length * CALL_BYTES);
  return bytes;
}

/** struct sigaction of the kernel: handler, flags, restorer, mask (everything, so that nothing comes in between). */
function signalAction(area: bigint, { restorerAt }: MachineCode): Buffer {
  const action = Buffer.alloc(SIGACTION_BYTES, 0xff);
  action.writeBigUInt64LE(area, 0);
  action.writeBigUInt64LE(SA_RESTART | (restorerAt === null ? 0n : SA_RESTORER), 8);
  action.writeBigUInt64LE(restorerAt === null ? 0n : area + BigInt(restorerAt), 16);
  return action;
}

function copyTo(address: bigint, bytes: Buffer): void {
  memcpy(address, bytes, bytes.length);
}

function readInt(area: bigint, at: number): number {
  const bytes = Buffer.alloc(4);
  readWord(bytes, area + BigInt(at), bytes.length);
  return bytes.readInt32LE(0);
}
