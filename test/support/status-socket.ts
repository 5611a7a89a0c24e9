// What stands in for a running agent where a test decides what it says: /api/status and /api/usage over the unix socket of
// a state folder.

import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { join } from "node:path";

/** What it answers to the path: JSON, null for 404, "never" for no answer at all. */
export type Answers = (path: string) => object | null | "never";

export class StatusSocket implements AsyncDisposable {
  readonly #server: Server;
  readonly #requests: string[] = [];

  private constructor(server: Server) {
    this.#server = server;
  }

  static async open(stateDir: string, answers: Answers): Promise<StatusSocket> {
    const server = createServer((request, response) => {
      const path = request.url ?? "/";
      socket.#requests.push(path);
      const answer = answers(path);
      if (answer === "never") return;
      response.writeHead(answer === null ? 404 : 200, { "Content-Type": "application/json" });
      response.end(JSON.stringify(answer));
    });
    const socket = new StatusSocket(server);
    server.listen(join(stateDir, "agent.sock"));
    await once(server, "listening");
    return socket;
  }

  /** How often the path was asked for. */
  count(path: string): number {
    return this.#requests.filter((one) => one === path).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}
