// What a service manager hears: a datagram socket as systemd gives it to a service, and the states that came.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod } from "node:fs/promises";
import { waitFor } from "./wait-for.ts";

/** Node has no datagram sockets of files. */
const LISTEN = `
import socket, sys
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind(sys.argv[1])
print("listening", flush=True)
while True:
    print(listener.recv(4096).decode(), flush=True)
`;

export class NotifySocket implements AsyncDisposable {
  readonly path: string;
  readonly #child: ChildProcess;
  #said = "";

  private constructor(path: string) {
    this.path = path;
    this.#child = spawn("python3", ["-c", LISTEN, path], { stdio: ["ignore", "pipe", "inherit"] });
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => (this.#said += text));
  }

  /** Anyone may send to it. */
  static async listen(path: string): Promise<NotifySocket> {
    const socket = new NotifySocket(path);
    await waitFor("the socket", () => socket.#said.includes("listening\n"));
    await chmod(path, 0o777);
    return socket;
  }

  /** In the order in which they came. */
  get states(): readonly string[] {
    return this.#said.trim().split("\n").slice(1);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await once(this.#child, "exit");
  }
}
