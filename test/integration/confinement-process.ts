// A process of its own that confines itself as the capture child does and then tries what it may not do any more. Argument: a
// folder of the test's. Says what came of it as a line of JSON, then stays until standard input ends.

import { openSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import koffi from "koffi";
import { keepCapabilities } from "../../src/lib/capabilities.ts";
import { denyFilesAndNetwork } from "../../src/lib/landlock.ts";
import { confine } from "../../src/capture/pcap/confinement.ts";

/** What a try came to: `ok`, or the error's number. */
export type Outcome = "ok" | number;

export interface Confined {
  /** Layers that could not be had. */
  readonly missing: readonly string[];
  readonly tries: Readonly<Record<string, Outcome>>;
  /** What must go on. */
  readonly goesOn: Readonly<Record<string, Outcome>>;
}

/** All layers; Landlock alone; all, and then a system call of another architecture. */
export type ConfinementMode = "all" | "landlock" | "x32";

const O_WRONLY_CREAT = 0o101;
const AF_INET = 2;
const AF_PACKET = 17;
const SOCK_STREAM = 1;
const SOL_PACKET = 263;
const PACKET_ADD_MEMBERSHIP = 1;
const PTRACE_ATTACH = 16;
const CLONE_NEWUSER = 0x1000_0000;
const GETPID_OF_X32 = 0x4000_0000 + 39;
const NUMBERS: Readonly<
  Record<string, Readonly<Record<"bpf" | "io_uring_setup" | "init_module" | "kexec_load", number>>>
> = {
  x64: { bpf: 321, io_uring_setup: 425, init_module: 175, kexec_load: 246 },
  arm64: { bpf: 280, io_uring_setup: 425, init_module: 105, kexec_load: 104 },
};

const libc = koffi.load("libc.so.6");
const call = (prototype: string) => libc.func(prototype);
const open = call("int open(str path, int flags, int mode)");
const socket = call("int socket(int domain, int type, int protocol)");
const connect = call("int connect(int fd, void *address, uint length)");
const bind = call("int bind(int fd, void *address, uint length)");
const execve = call("int execve(str path, void *argv, void *envp)");
const fork = call("int fork()");
const ptrace = call("long ptrace(int request, int pid, int64_t address, int64_t data)");
const mount = call("int mount(str source, str target, str type, ulong flags, void *data)");
const unlink = call("int unlink(str path)");
const rename = call("int rename(str from, str to)");
const mkdir = call("int mkdir(str path, int mode)");
const chmod = call("int chmod(str path, int mode)");
const symlink = call("int symlink(str target, str path)");
const kill = call("int kill(int pid, int signal)");
const dup = call("int dup(int fd)");
const fcntl = call("int fcntl(int fd, int command, long argument)");
const memfd = call("int memfd_create(str name, uint flags)");
const sendto = call("long sendto(int fd, void *data, size_t length, int flags, void *address, uint addressLength)");
const write = call("long write(int fd, void *data, size_t length)");
const setsockopt = call("int setsockopt(int fd, int level, int option, void *value, uint length)");
const unshare = call("int unshare(int flags)");
const setuid = call("int setuid(uint uid)");
const stat = call("int access(str path, int mode)");
const syscall = call("long syscall(long number, int64_t a, int64_t b, int64_t c)");

async function main(mode: string, folder: string): Promise<void> {
  const file = join(folder, "file");
  writeFileSync(file, "");
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  // In the place of the packet socket, so that nobody needs a privilege.
  const packetSocket = Number(socket(AF_INET, SOCK_STREAM, 0));
  const opened = {
    packetSocket,
    tcp: Number(socket(AF_INET, SOCK_STREAM, 0)),
    read: openSync("/proc/self/net/dev", "r"),
  };
  const missing = mode === "landlock" ? landlockOnly() : confine(packetSocket);
  if (mode === "x32") syscall(GETPID_OF_X32, 0, 0, 0);
  const said: Confined = {
    missing,
    tries: tries({ file, folder, port, ...opened }),
    goesOn: await goesOn(opened.read),
  };
  process.stdout.write(`${JSON.stringify(said)}\n`);
  process.stdin.on("end", () => process.exit(0)).resume();
}

function landlockOnly(): readonly string[] {
  return [keepCapabilities(0n), denyFilesAndNetwork()].filter((problem) => problem !== null);
}

interface Place {
  readonly file: string;
  readonly folder: string;
  readonly port: number;
  readonly packetSocket: number;
  readonly tcp: number;
}

function tries({ file, folder, port, packetSocket, tcp }: Place): Readonly<Record<string, Outcome>> {
  const numbers = NUMBERS[process.arch];
  const server = Buffer.from([AF_INET, 0, port >> 8, port & 0xff, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
  const free = Buffer.from([AF_INET, 0, 0, 0, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
  const bytes = Buffer.alloc(64);
  const raw = (name: keyof NonNullable<typeof numbers>) => outcome(syscall(numbers?.[name] ?? -1, 0, bytes.length, 0));
  return {
    "open for writing": outcome(open(file, O_WRONLY_CREAT, 0o600)),
    "open for reading": outcome(open(file, 0, 0)),
    socket: outcome(socket(AF_INET, SOCK_STREAM, 0)),
    "packet socket": outcome(socket(AF_PACKET, 3, 0)),
    bind: outcome(bind(tcp, free, free.length)),
    connect: outcome(connect(tcp, server, server.length)),
    execve: outcome(execve("/bin/true", null, null)),
    fork: outcome(fork()),
    ptrace: outcome(ptrace(PTRACE_ATTACH, process.ppid, 0, 0)),
    mount: outcome(mount("none", folder, "tmpfs", 0, null)),
    unlink: outcome(unlink(file)),
    rename: outcome(rename(file, `${file}2`)),
    mkdir: outcome(mkdir(`${file}3`, 0o700)),
    chmod: outcome(chmod(file, 0o777)),
    symlink: outcome(symlink("/", `${file}4`)),
    access: outcome(stat(file, 0)),
    "kill the parent": outcome(kill(process.ppid, 0)),
    dup: outcome(dup(packetSocket)),
    "fcntl F_DUPFD": outcome(fcntl(packetSocket, 0, 0)),
    memfd_create: outcome(memfd("code", 0)),
    "send on the packet socket": outcome(sendto(packetSocket, bytes, bytes.length, 0, null, 0)),
    "write to the packet socket": outcome(write(packetSocket, bytes, bytes.length)),
    "join another interface": outcome(setsockopt(packetSocket, SOL_PACKET, PACKET_ADD_MEMBERSHIP, bytes, 16)),
    unshare: outcome(unshare(CLONE_NEWUSER)),
    setuid: outcome(setuid(process.getuid?.() ?? 0)),
    bpf: raw("bpf"),
    io_uring_setup: raw("io_uring_setup"),
    init_module: raw("init_module"),
    kexec_load: raw("kexec_load"),
  };
}

/** What Node and the capture child do all the time. */
async function goesOn(opened: number): Promise<Readonly<Record<string, Outcome>>> {
  const text = Buffer.alloc(16);
  await new Promise((resolve) => setTimeout(resolve, 5));
  return {
    "read what is open": readFileSync(opened).length > 0 ? "ok" : -1,
    "take memory": Array.from({ length: 64 }, () => Buffer.alloc(1 << 20, 1)).length === 64 ? "ok" : -1,
    "compile and run": Number(runInNewContext("[1, 2].reduce((sum, n) => sum + n)")) === 3 ? "ok" : -1,
    "tell the time": Date.now() > 0 ? "ok" : -1,
    "start a thread": await inAnotherThread(text),
  };
}

function inAnotherThread(text: Buffer): Promise<Outcome> {
  const getpid = call("int getpid()");
  return new Promise((resolve) => {
    getpid.async((error: Error | null, pid: number) =>
      resolve(error === null && pid === process.pid && text ? "ok" : -1),
    );
  });
}

function outcome(result: unknown): Outcome {
  return Number(result) < 0 ? koffi.errno() : "ok";
}

const [, , mode = "", folder = ""] = process.argv;
await main(mode, folder);
