// Serves status pages on loopback as an agent does: with their policy, their assets and nothing else.

import { createServer, type Server } from "node:http";
import { ASSETS, PAGE_POLICY } from "../../src/status/page/assets.ts";

export interface StatusSite extends AsyncDisposable {
  /** `http://127.0.0.1:4711`. */
  readonly origin: string;
  /** Ends every connection and refuses new ones, until `resume`. */
  pause(): Promise<void>;
  resume(): Promise<void>;
}

/** `pages`: by path, as they come in an address. */
export async function servePages(pages: ReadonlyMap<string, () => string>): Promise<StatusSite> {
  const answer = (url: string): { type: string; body: string } | undefined => {
    const page = pages.get(url);
    return page === undefined ? ASSETS.get(url) : { type: "text/html; charset=utf-8", body: page() };
  };
  const server = createServer((request, response) => {
    const found = answer(request.url ?? "/");
    response.writeHead(found === undefined ? 404 : 200, {
      "Content-Type": found?.type ?? "text/plain",
      "Content-Security-Policy": PAGE_POLICY,
      "X-Content-Type-Options": "nosniff",
      "Cache-Control": "no-store",
    });
    response.end(found?.body ?? "nothing is at this path\n");
  });
  await listen(server, 0);
  // The port is remembered: a page goes back to where it came from.
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  const { port } = address;
  return {
    origin: `http://127.0.0.1:${port}`,
    pause: () => close(server),
    resume: () => listen(server, port),
    [Symbol.asyncDispose]: () => close(server),
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
