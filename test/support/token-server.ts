// A token server on loopback for OAuth 2.0 client credentials (RFC 6749 section 4.4). Tokens are t1, t2, ... in order.

import { once } from "node:events";
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import { type ServerOptions, createServer as createTlsServer } from "node:https";
import type { Socket } from "node:net";
import { text } from "node:stream/consumers";

export interface TokenRequest {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly form: Readonly<Record<string, string>>;
}

export interface TokenServerOptions {
  readonly tls?: ServerOptions;
  /** What tokens begin with. */
  readonly prefix?: string;
}

/** Status, body and headers of an answer; an object goes out as JSON. */
export type TokenReply = readonly [status: number, body: string | object, headers?: Readonly<Record<string, string>>];

export class TokenServer implements AsyncDisposable {
  readonly requests: TokenRequest[] = [];
  /** Seconds that tokens are valid for; null says nothing of it. */
  expiresIn: number | null = 3600;
  /** Answers instead of a token; null where it issues one. */
  rule: (request: TokenRequest) => TokenReply | null = () => null;
  readonly #server;
  readonly #scheme: string;
  readonly #prefix: string;
  readonly #sockets = new Set<Socket>();
  #issued = 0;

  private constructor({ tls, prefix = "t" }: TokenServerOptions) {
    this.#scheme = tls === undefined ? "http" : "https";
    this.#prefix = prefix;
    this.#server = tls === undefined ? createServer() : createTlsServer(tls);
    this.#server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
    this.#server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      this.#serve(request, response).catch(() => response.destroy());
    });
  }

  static async start(options: TokenServerOptions = {}): Promise<TokenServer> {
    const server = new TokenServer(options);
    server.#server.listen(0, "127.0.0.1");
    await once(server.#server, "listening");
    return server;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the token server does not listen");
    return address.port;
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${this.port}/oauth2/token`;
  }

  /** Tokens issued so far. */
  get issued(): number {
    return this.#issued;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = Object.fromEntries(new URLSearchParams(await text(request)));
    const { method = "", url: path = "", headers } = request;
    const received = { method, path, authorization: headers.authorization, form };
    this.requests.push(received);
    const [status, body, extra] = this.rule(received) ?? this.#token();
    response.writeHead(status, { "content-type": "application/json", ...extra });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  }

  #token(): TokenReply {
    this.#issued += 1;
    const expiry = this.expiresIn === null ? {} : { expires_in: this.expiresIn };
    return [200, { access_token: `${this.#prefix}${this.#issued}`, token_type: "bearer", ...expiry }];
  }
}
