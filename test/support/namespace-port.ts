// Makes a server on the test's own loopback reachable inside a namespace, at the same port of its loopback: receivers
// stay where the test can ask them, and an agent inside reaches them without a packet on an accounted interface.

import { closeSync, openSync } from "node:fs";
import { connect } from "node:net";
import koffi from "koffi";
import { startForwarder } from "./forwarder.ts";
import type { Namespace } from "./netns.ts";

const AF_INET = 2;
const SOCK_STREAM_CLOEXEC = 1 | 0o2000000;
const CLONE_NEWNET = 0x40000000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const BACKLOG = 64;

const libc = koffi.load("libc.so.6");
const setns = libc.func("setns", "int", ["int", "int"]);
const openSocket = libc.func("socket", "int", ["int", "int", "int"]);
const setSocketOption = libc.func("setsockopt", "int", ["int", "int", "int", "void *", "uint32_t"]);
const bindSocket = libc.func("bind", "int", ["int", "void *", "uint32_t"]);
const listenSocket = libc.func("listen", "int", ["int", "int"]);

/** Forwards connections to 127.0.0.1:`port` inside the namespace, until disposed. Nothing need listen here yet. */
export function exposePort(namespace: Namespace, port: number): Promise<AsyncDisposable> {
  return startForwarder({ fd: listenInside(namespace, port) }, () => connect(port, "127.0.0.1"));
}

/** A listening socket of the namespace. The calling thread is inside for three system calls, and back before it returns. */
function listenInside(namespace: Namespace, port: number): number {
  const home = openSync("/proc/thread-self/ns/net", "r");
  const away = openSync(`/run/netns/${namespace.name}`, "r");
  try {
    succeed("setns", setns(away, CLONE_NEWNET));
    return listenOn(port);
  } finally {
    succeed("setns", setns(home, CLONE_NEWNET));
    closeSync(home);
    closeSync(away);
  }
}

function listenOn(port: number): number {
  const fd = succeed("socket", openSocket(AF_INET, SOCK_STREAM_CLOEXEC, 0));
  // A port that was exposed before has connections in TIME_WAIT.
  const on = Buffer.alloc(4);
  on.writeInt32LE(1);
  succeed("setsockopt", setSocketOption(fd, SOL_SOCKET, SO_REUSEADDR, on, on.length));
  // struct sockaddr_in: family in host order, port and 127.0.0.1 in network order, padding.
  const address = Buffer.alloc(16);
  address.writeUInt16LE(AF_INET, 0);
  address.writeUInt16BE(port, 2);
  address.set([127, 0, 0, 1], 4);
  succeed("bind", bindSocket(fd, address, address.length));
  succeed("listen", listenSocket(fd, BACKLOG));
  return fd;
}

function succeed(call: string, result: unknown): number {
  if (typeof result !== "number" || result < 0) throw new Error(`${call} failed with errno ${koffi.errno()}`);
  return result;
}
