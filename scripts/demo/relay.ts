// Makes the agent's pages, which its socket in the state folder serves too, reachable for a browser on this machine: the
// agent's own loopback is that of its namespace.

import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

export interface Relay extends AsyncDisposable {
  readonly url: string;
}

/** Forwards connections from a free port of 127.0.0.1 to a unix socket; nothing need listen there yet. */
export async function startRelay(socketPath: string): Promise<Relay> {
  const sockets = new Set<Socket>();
  const server = createServer((browser) => {
    const agent = connect(socketPath);
    for (const [from, to] of [
      [browser, agent],
      [agent, browser],
    ] as const) {
      sockets.add(from);
      from.once("close", () => {
        sockets.delete(from);
        to.destroy();
      });
      // While there is no agent the browser sees a connection that is cut.
      from.on("error", () => to.destroy());
      from.pipe(to);
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: () => close(server, sockets) };
}

async function close(server: ReturnType<typeof createServer>, sockets: ReadonlySet<Socket>): Promise<void> {
  const closed = once(server, "close");
  server.close();
  for (const socket of sockets) socket.destroy();
  await closed;
}
