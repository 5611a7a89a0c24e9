// HTTP clients that keep a server waiting, over its unix socket: half of them never finish their request, the others do
// not read what they asked for. Who is cut off comes again.

import { connect, type Socket } from "node:net";

const DRIP_MS = 100;

export class SlowClients implements Disposable {
  readonly #socketPath: string;
  readonly #paths: readonly string[];
  readonly #sockets = new Map<number, Socket>();
  readonly #drip: NodeJS.Timeout;
  #isOver = false;

  /** `paths`: what readers ask for, in turn. */
  constructor(socketPath: string, { count, paths }: { readonly count: number; readonly paths: readonly string[] }) {
    this.#socketPath = socketPath;
    this.#paths = paths;
    for (let index = 0; index < count; index++) this.#open(index);
    this.#drip = setInterval(() => this.#sendByte(), DRIP_MS);
  }

  /** How many are connected. */
  get connected(): number {
    return [...this.#sockets.values()].filter(({ readyState }) => readyState === "open").length;
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    clearInterval(this.#drip);
    for (const socket of this.#sockets.values()) socket.destroy();
  }

  #open(index: number): void {
    const socket = connect(this.#socketPath);
    this.#sockets.set(index, socket);
    socket.pause();
    socket.on("error", () => undefined);
    socket.once("close", () => {
      if (!this.#isOver) setTimeout(() => this.#isOver || this.#open(index), DRIP_MS).unref();
    });
    // Every other client is a reader.
    const path = this.#paths[Math.floor(index / 2) % this.#paths.length] ?? "/";
    const head = `GET ${path} HTTP/1.1\r\nHost: localhost\r\n`;
    socket.write(isSender(index) ? `${head}X: ` : `${head}\r\n`);
  }

  #sendByte(): void {
    for (const [index, socket] of this.#sockets) if (isSender(index) && socket.readyState === "open") socket.write("x");
  }
}

function isSender(index: number): boolean {
  return index % 2 === 1;
}
