// A Prometheus HTTP API on loopback that answers queries by rule: what real servers say only when they are unwell.

import { once } from "node:events";
import { type IncomingHttpHeaders, type IncomingMessage, type ServerResponse, createServer } from "node:http";
import type { Socket } from "node:net";
import { text } from "node:stream/consumers";

export interface ApiQuery {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly form: Readonly<Record<string, string>>;
}

export interface ApiReply {
  /** Default: 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text, or what becomes JSON. */
  readonly body: unknown;
  /** Promises as many bytes more than there are, and cuts the connection instead of sending them. */
  readonly missingBytes?: number;
  /** Never ends the answer. */
  readonly endless?: boolean;
}

export class QueryApi implements AsyncDisposable {
  readonly queries: ApiQuery[] = [];
  rule: (query: ApiQuery) => ApiReply = () => matrixReply([]);
  readonly #server = createServer();
  readonly #sockets = new Set<Socket>();

  private constructor() {
    this.#server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
    this.#server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      this.#serve(request, response).catch(() => response.destroy());
    });
  }

  static async start(): Promise<QueryApi> {
    const api = new QueryApi();
    api.#server.listen(0, "127.0.0.1");
    await once(api.#server, "listening");
    return api;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the API does not listen");
    return `http://127.0.0.1:${address.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = Object.fromEntries(new URLSearchParams(await text(request)));
    const query = { path: request.url ?? "", headers: request.headers, form };
    this.queries.push(query);
    const { status = 200, headers = {}, body, missingBytes = 0, endless = false } = this.rule(query);
    const bytes = Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
    const length = missingBytes > 0 ? { "content-length": String(bytes.length + missingBytes) } : {};
    response.writeHead(status, { "content-type": "application/json", ...length, ...headers });
    if (endless) response.write(bytes);
    else if (missingBytes > 0) response.write(bytes, () => response.destroy());
    else response.end(bytes);
  }
}

export interface MatrixSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [seconds: number, value: string])[];
}

export function matrixReply(result: readonly MatrixSeries[], more: Readonly<Record<string, unknown>> = {}): ApiReply {
  return { body: { status: "success", data: { resultType: "matrix", result }, ...more } };
}
