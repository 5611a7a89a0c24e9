// Opening and closing an HTTP server on a TCP address or a unix socket. A refusal is one line with what to change.

import { access, lstat, unlink } from "node:fs/promises";
import type { Server } from "node:http";
import { connect, type ListenOptions } from "node:net";
import { dirname } from "node:path";

/** An address or socket file that cannot be listened on; the message is one line with the cause and the fix. */
export class ListenError extends Error {
  override readonly name = "ListenError";
}

/** sockaddr_un holds 108 bytes with the closing zero (unix(7)). */
const MAX_SOCKET_PATH_BYTES = 107;

/** Resolves when it listens; rejects naming the address and the setting. */
export async function listenOnTcp(server: Server, listen: { host: string; port: number }): Promise<void> {
  await bind(server, listen).catch((error: unknown) => {
    const host = listen.host.includes(":") ? `[${listen.host}]` : listen.host;
    const fix = 'choose another agent.listen, or "" to turn it off';
    throw new ListenError(`cannot listen on ${host}:${listen.port}: ${explain(error)}; ${fix}`, { cause: error });
  });
}

/** Listens on a socket file of mode 0600, in place of a stale one; rejects where another process answers on it. */
export async function listenOnSocket(server: Server, path: string): Promise<void> {
  await openSocket(server, path).catch((error: unknown) => {
    throw new ListenError(`cannot open the status socket ${path}: ${explain(error)}`, { cause: error });
  });
}

/** Ends every connection and frees the address or file; nothing to do where the server does not listen. */
export async function closeServer(server: Server | null): Promise<void> {
  if (server === null || !server.listening) return;
  await new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
}

/** The mask makes the file of a unix socket 0600 from its first moment on: `listen` binds a path before it returns. */
async function bind(server: Server, at: ListenOptions): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    const mask = process.umask(0o177);
    try {
      server.listen({ ...at }, resolve);
    } finally {
      process.umask(mask);
    }
  });
}

async function openSocket(server: Server, path: string): Promise<void> {
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH_BYTES)
    throw new Error(`its path is longer than ${MAX_SOCKET_PATH_BYTES} bytes; choose a shorter agent.state_dir`);
  await access(dirname(path)); // binding reports a missing folder as a missing permission
  await removeStaleSocket(path);
  await bind(server, { path });
}

async function removeStaleSocket(path: string): Promise<void> {
  const found = await lstat(path).catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  });
  if (found === null) return;
  if (!found.isSocket()) throw new Error("a file that is not a socket has its name; move it away");
  if (await answers(path)) throw new Error("another agent answers on it; stop that one or set another agent.state_dir");
  await unlink(path);
}

/** Whether a process listens on the socket; a full queue counts. */
async function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("error", (error) => resolve(codeOf(error) !== "ECONNREFUSED"));
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
  });
}

function explain(error: unknown): string {
  switch (codeOf(error)) {
    case "EADDRINUSE":
      return "another program has the port";
    case "EADDRNOTAVAIL":
      return "the address is not one of this host";
    case "EACCES":
    case "EPERM":
      return "permission denied";
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return "the name has no address";
    case "ENOENT":
      return "its folder does not exist";
    default:
      return error instanceof Error ? error.message : String(error);
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
