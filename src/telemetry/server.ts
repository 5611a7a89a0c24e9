// The status server: /healthz, /metrics and /api/status over HTTP, on a TCP address and on a unix socket for the
// command line. Read-only. No client can hold it: the number of connections, the size of a header and the time of an
// exchange are bounded, for each of the two listeners on its own.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { formatAddress, parseAddress } from "../model/address.ts";
import { closeServer, listenOnSocket, listenOnTcp } from "./listen.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";

export interface ServerLimits {
  readonly connections: number;
  /** From the connection, or the end of the exchange before, to a complete request. */
  readonly requestMs: number;
  /** From a request's headers to the last byte of its answer. */
  readonly answerMs: number;
}

export interface StatusServerOptions {
  /** Null: no TCP listener. Port 0 takes a free one, which `address` tells. */
  readonly listen: { readonly host: string; readonly port: number } | null;
  /** Null: no unix socket. Mode 0600; a stale file of that name is replaced. */
  readonly socketPath: string | null;
  readonly limits?: Partial<ServerLimits>;
}

type Health = { readonly ok: true } | { readonly ok: false; readonly reason: string };

export interface StatusServerParts {
  health(): Health;
  /** What /api/status answers, as JSON. */
  status(): Promise<unknown>;
  readonly metrics: Metrics;
  readonly log: Log;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const DEFAULT_LIMITS: ServerLimits = { connections: 64, requestMs: 5000, answerMs: 10_000 };
const MAX_HEADER_BYTES = 8192;
const INDEX =
  "acct-agent\n\n/healthz     health\n/metrics     metrics, Prometheus text format\n/api/status  status, JSON\n";

const SECURITY_HEADERS = {
  "Cache-Control": "no-store",
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
  "Cross-Origin-Resource-Policy": "same-origin",
  "X-Content-Type-Options": "nosniff",
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
    const { listen, socketPath } = this.#options;
    try {
      if (listen !== null) {
        this.#tcp = this.#createServer((request) => isServedHost(request, listen.host));
        await listenOnTcp(this.#tcp, listen);
      }
      if (socketPath !== null) {
        this.#unix = this.#createServer(() => true);
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

  #createServer(isServed: (request: IncomingMessage) => boolean): Server {
    const { connections, requestMs } = this.#limits;
    const server = createServer({
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: requestMs,
      requestTimeout: requestMs,
      keepAliveTimeout: requestMs,
      connectionsCheckingInterval: Math.min(1000, requestMs),
    });
    server.maxConnections = connections;
    server.on("request", (request, response) => void this.#serve(request, response, isServed(request)));
    server.once("listening", () => {
      server.on("error", (error) => this.#parts.log.warn({ error: error.message }, "status server"));
    });
    return server;
  }

  async #serve(request: IncomingMessage, response: ServerResponse, isServed: boolean): Promise<void> {
    const deadline = setTimeout(() => request.socket.destroy(), this.#limits.answerMs).unref();
    response.once("close", () => clearTimeout(deadline));
    const answer = isServed ? await this.#answer(request) : foreignHost();
    response.writeHead(answer.status, {
      ...SECURITY_HEADERS,
      "Content-Type": answer.type,
      "Content-Length": Buffer.byteLength(answer.body),
      ...answer.headers,
    });
    response.end(request.method === "HEAD" ? undefined : answer.body);
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    if (request.method !== "GET" && request.method !== "HEAD") return methodNotAllowed();
    const [path = "/"] = (request.url ?? "/").split("?", 1);
    try {
      return await this.#route(path);
    } catch (error) {
      this.#parts.log.error({ path, error: error instanceof Error ? error.message : String(error) }, "status request");
      return text(500, "internal error: see the agent's log\n");
    }
  }

  async #route(path: string): Promise<Answer> {
    switch (path) {
      case "/":
        return text(200, INDEX);
      case "/healthz":
        return healthAnswer(this.#parts.health());
      case "/metrics":
        return metricsAnswer(this.#parts.metrics);
      case "/api/status":
        return jsonAnswer(await this.#parts.status());
      default:
        return text(404, `nothing is at this path\n\n${INDEX}`);
    }
  }
}

function text(status: number, body: string): Answer {
  return { status, type: "text/plain; charset=utf-8", body };
}

function healthAnswer(health: Health): Answer {
  return health.ok ? text(200, "ok\n") : text(503, `${health.reason}\n`);
}

async function metricsAnswer(metrics: Metrics): Promise<Answer> {
  return { status: 200, type: metrics.contentType, body: await metrics.metrics() };
}

function jsonAnswer(value: unknown): Answer {
  return { status: 200, type: "application/json", body: `${JSON.stringify(value)}\n` };
}

function methodNotAllowed(): Answer {
  return { ...text(405, "only GET and HEAD are answered\n"), headers: { Allow: "GET, HEAD", Connection: "close" } };
}

function foreignHost(): Answer {
  return text(403, "the Host header names another host: use the address or the name in agent.listen\n");
}

/**
 * Keeps out web pages whose name was pointed at this address (DNS rebinding). Such a request carries the page's name,
 * so the configured host and the address that was connected to are safe, as is a request without a Host (HTTP/1.0).
 */
function isServedHost(request: IncomingMessage, configured: string): boolean {
  if (request.headers.host === undefined) return true;
  const host = canonicalHost(request.headers.host.replace(/:\d*$/, ""));
  if (host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host)) return true;
  return host === canonicalHost(configured) || host === canonicalHost(request.socket.localAddress ?? "");
}

/** One form for each address, and names in lower case. */
function canonicalHost(host: string): string {
  const address = parseAddress(host.replace(/^\[(.*)\]$/, "$1"));
  return address === null ? host.toLowerCase() : formatAddress(address);
}
