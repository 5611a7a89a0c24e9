// The status server: HTTP on a TCP address and on a unix socket for the command line. Read-only. No client can hold it:
// connections, headers, the time of an exchange and the memory of unread answers are bounded, for each of the two
// listeners on its own. A connection has one exchange at a time: no pipelining.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { type AccessRules, refusalOf } from "./access.ts";
import { type Answer, lengthOf, textAnswer } from "./answer.ts";
import { AnswersInFlight } from "./answers-in-flight.ts";
import { closeServer, listenOnSocket, listenOnTcp } from "./listen.ts";
import type { Log } from "./log.ts";
import { requestTarget } from "./request-target.ts";
import { answerTo, type Served } from "./routes.ts";

export interface ServerLimits {
  readonly connections: number;
  /** From the connection, or the end of the exchange before, to a complete request. */
  readonly requestMs: number;
  /** From a request's headers to the last byte of its answer. */
  readonly answerMs: number;
  /** Of answers that clients have not read yet, in memory. */
  readonly unreadBytes: number;
}

export interface StatusServerOptions {
  /** Null: no TCP listener. Port 0 takes a free one, which `address` tells. */
  readonly listen: { readonly host: string; readonly port: number } | null;
  /** Null: no unix socket. Mode 0600; a stale file of that name is replaced. */
  readonly socketPath: string | null;
  /** Names that TCP clients may use besides the host of `listen`; default: none. */
  readonly names?: readonly string[];
  /** Of TCP clients; the unix socket asks for nothing. Default: everybody is answered. */
  readonly authorize?: AccessRules["authorize"];
  readonly limits?: Partial<ServerLimits>;
}

export interface StatusServerParts extends Served {
  readonly log: Log;
}

/** What a listener has of its own. */
interface Listener {
  /** Null: whoever can open the socket is answered. */
  readonly rules: AccessRules | null;
  readonly unread: AnswersInFlight;
  /** Connections whose last request is not answered yet. */
  readonly busy: WeakSet<Socket>;
}

const DEFAULT_LIMITS: ServerLimits = {
  connections: 256,
  requestMs: 5000,
  answerMs: 10_000,
  unreadBytes: 64 * 1024 * 1024,
};
const MAX_HEADER_BYTES = 8192;
/** Of one connection, so that none is for ever. */
const MAX_REQUESTS = 1000;

const SECURITY_HEADERS = {
  "Cache-Control": "no-store",
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
};

export class StatusServer implements AsyncDisposable {
  readonly #options: StatusServerOptions;
  readonly #limits: ServerLimits;
  readonly #parts: StatusServerParts;
  #tcp: Server | null = null;
  #unix: Server | null = null;

  constructor(options: StatusServerOptions, parts: StatusServerParts) {
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#parts = parts;
  }

  /** Opens both listeners, or neither: then it rejects with one line that names the setting to change. */
  async start(): Promise<void> {
    const { listen, socketPath, names = [], authorize = null } = this.#options;
    try {
      if (listen !== null) {
        this.#tcp = this.#createServer({ hosts: [listen.host, ...names], authorize });
        await listenOnTcp(this.#tcp, listen);
      }
      if (socketPath !== null) {
        this.#unix = this.#createServer(null);
        await listenOnSocket(this.#unix, socketPath);
      }
    } catch (error) {
      await this[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Where TCP clients reach it; null while it is not listening there. */
  address(): { host: string; port: number } | null {
    const address = this.#tcp?.address() ?? null;
    return address === null || typeof address === "string" ? null : { host: address.address, port: address.port };
  }

  /** Closes the listeners and whatever is connected; the socket file goes with them. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#tcp, this.#unix].map(closeServer));
    this.#tcp = null;
    this.#unix = null;
  }

  #createServer(rules: AccessRules | null): Server {
    const { connections, requestMs, unreadBytes } = this.#limits;
    const listener = { rules, unread: new AnswersInFlight(unreadBytes), busy: new WeakSet<Socket>() };
    const server = createServer({
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: requestMs,
      requestTimeout: requestMs,
      keepAliveTimeout: requestMs,
      connectionsCheckingInterval: Math.min(1000, requestMs),
    });
    server.maxConnections = connections;
    server.maxRequestsPerSocket = MAX_REQUESTS;
    server.on("request", (request, response) => void this.#exchange(request, response, listener));
    server.once("listening", () => {
      server.on("error", (error) => this.#parts.log.warn({ error: error.message }, "status server"));
    });
    return server;
  }

  async #exchange(request: IncomingMessage, response: ServerResponse, listener: Listener): Promise<void> {
    const { socket } = request;
    // Node has no end for an answer that waits behind another when the client goes, and starts all that were asked for.
    if (listener.busy.has(socket)) {
      socket.destroy();
      return;
    }
    listener.busy.add(socket);
    const deadline = setTimeout(() => socket.destroy(), this.#limits.answerMs).unref();
    whenOver(response, () => {
      clearTimeout(deadline);
      listener.busy.delete(socket);
    });
    const answer = await this.#answer(request, listener.rules);
    if (response.destroyed || socket.destroyed) return;
    if (request.method === "HEAD") {
      writeHead(response, answer);
      response.end();
    } else send(response, answer, listener.unread);
  }

  async #answer(request: IncomingMessage, rules: AccessRules | null): Promise<Answer> {
    const { host, path } = requestTarget(request);
    const { headers, method, socket } = request;
    try {
      const caller = { host, authorization: headers.authorization, localAddress: socket.localAddress };
      const refusal = rules === null ? null : await refusalOf(caller, rules);
      if (refusal !== null) return refusal;
      if (method !== "GET" && method !== "HEAD") return methodNotAllowed();
      return await answerTo(path, this.#parts);
    } catch (error) {
      this.#parts.log.error({ path, error: error instanceof Error ? error.message : String(error) }, "status request");
      return textAnswer(500, "internal error: see the agent's log\n");
    }
  }
}

/** Calls `over` once: when the response is sent or will never be. Its connection must be open. */
function whenOver(response: ServerResponse, over: () => void): void {
  const { socket } = response.req;
  const end = (): void => {
    response.off("close", end);
    socket.off("close", end);
    over();
  };
  response.once("close", end);
  socket.once("close", end);
}

function send(response: ServerResponse, wanted: Answer, unread: AnswersInFlight): void {
  const release = unread.hold(wanted.parts);
  const answer = release === null ? busy() : wanted;
  if (release !== null) whenOver(response, release);
  writeHead(response, answer);
  for (const part of answer.parts) response.write(part);
  response.end();
}

function writeHead(response: ServerResponse, answer: Answer): void {
  response.writeHead(answer.status, {
    ...SECURITY_HEADERS,
    "Content-Type": answer.type,
    "Content-Length": lengthOf(answer),
    ...answer.headers,
  });
}

function methodNotAllowed(): Answer {
  return textAnswer(405, "only GET and HEAD are answered\n", { Allow: "GET, HEAD", Connection: "close" });
}

function busy(): Answer {
  return textAnswer(503, "too many clients have not read their answers yet: try again\n", { "Retry-After": "10" });
}
