// Passes connections on, both ways, until disposed. Nothing need listen at the other end yet: a connection that is refused
// there shows here as one that is cut.

import { once } from "node:events";
import { createServer, type ListenOptions, type Socket } from "node:net";

export interface Forwarder extends AsyncDisposable {
  /** Where it listens; 0 on what has no port. */
  readonly port: number;
}

/** Listens at `at`, and opens a connection by `connect` for each that comes. */
export async function startForwarder(
  at: ListenOptions | { readonly fd: number },
  connect: () => Socket,
): Promise<Forwarder> {
  const sockets = new Set<Socket>();
  const server = createServer((here) => {
    const there = connect();
    for (const [from, to] of [
      [here, there],
      [there, here],
    ] as const) {
      sockets.add(from);
      from.once("close", () => {
        sockets.delete(from);
        to.destroy();
      });
      from.on("error", () => to.destroy());
      from.pipe(to);
    }
  });
  server.listen(at);
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { port, [Symbol.asyncDispose]: () => close(server, sockets) };
}

async function close(server: ReturnType<typeof createServer>, sockets: ReadonlySet<Socket>): Promise<void> {
  const closed = once(server, "close");
  server.close();
  for (const socket of sockets) socket.destroy();
  await closed;
}
