// A forward proxy on loopback, plain or TLS: CONNECT tunnels and absolute-URI requests (RFC 9110 section 9.3.6 and
// RFC 9112 section 3.2.2). It resolves no names: whatever host is asked for, it connects to 127.0.0.1 at that port.

import { once } from "node:events";
import { type IncomingMessage, type ServerResponse, createServer, request as forward } from "node:http";
import { type ServerOptions, createServer as createTlsServer } from "node:https";
import { type Socket, connect } from "node:net";
import type { Duplex } from "node:stream";

export interface ForwardProxyOptions {
  /** `user:password` that it asks for; default: none. */
  readonly credentials?: string;
  /** Serves TLS with these. */
  readonly tls?: ServerOptions;
}

export class ForwardProxy implements AsyncDisposable {
  /** One line for each request that it took on: `CONNECT host:port` or `POST http://host:port/path`. */
  readonly served: string[] = [];
  /** The Proxy-Authorization of every request, in order. */
  readonly authorizations: (string | undefined)[] = [];
  /** Answers every request with this instead; null forwards. */
  refuseWith: number | null = null;
  /** Takes requests and never answers. */
  silent = false;
  readonly #server;
  readonly #scheme: string;
  readonly #expected: string | undefined;
  readonly #sockets = new Set<Duplex>();

  private constructor({ credentials, tls }: ForwardProxyOptions) {
    this.#expected =
      credentials === undefined ? undefined : `Basic ${Buffer.from(credentials, "utf8").toString("base64")}`;
    this.#scheme = tls === undefined ? "http" : "https";
    this.#server = tls === undefined ? createServer() : createTlsServer(tls);
    this.#server.on("connection", (socket: Socket) => this.#keep(socket));
    this.#server.on("request", (incoming: IncomingMessage, response: ServerResponse) => {
      this.#forward(incoming, response);
    });
    this.#server.on("connect", (incoming: IncomingMessage, socket: Duplex) => this.#tunnel(incoming, socket));
  }

  static async start(options: ForwardProxyOptions = {}): Promise<ForwardProxy> {
    const proxy = new ForwardProxy(options);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the proxy does not listen");
    return address.port;
  }

  get url(): string {
    return this.urlAs("");
  }

  /** Its URL with credentials in it, `user:password@` or empty. */
  urlAs(userInfo: string): string {
    return `${this.#scheme}://${userInfo}127.0.0.1:${this.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #tunnel(incoming: IncomingMessage, socket: Duplex): void {
    const refused = this.#refusal(incoming);
    if (this.silent) return;
    if (refused !== null) {
      socket.end(`HTTP/1.1 ${refused} Refused\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    const port = Number(new URL(`http://${incoming.url ?? ""}`).port || 443);
    const far = connect(port, "127.0.0.1", () => {
      this.served.push(`CONNECT ${incoming.url ?? ""}`);
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      far.pipe(socket).pipe(far);
    });
    this.#keep(far);
    far.on("error", () => socket.end("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n"));
    socket.on("error", () => far.destroy());
  }

  #forward(incoming: IncomingMessage, response: ServerResponse): void {
    const refused = this.#refusal(incoming);
    if (this.silent) return;
    if (refused !== null) {
      response.writeHead(refused, { "proxy-authenticate": 'Basic realm="test"' }).end("refused by the proxy");
      return;
    }
    const target = new URL(incoming.url ?? "");
    const { "proxy-authorization": _, "proxy-connection": __, ...headers } = incoming.headers;
    this.served.push(`${incoming.method ?? ""} ${target.href}`);
    const options = { host: "127.0.0.1", port: target.port || 80, path: target.pathname + target.search };
    const far = forward({ ...options, method: incoming.method, headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    far.on("error", () => response.writeHead(502).end());
    incoming.pipe(far);
  }

  #refusal(incoming: IncomingMessage): number | null {
    const given = incoming.headers["proxy-authorization"];
    this.authorizations.push(given);
    if (this.refuseWith !== null) return this.refuseWith;
    return this.#expected === undefined || given === this.#expected ? null : 407;
  }

  #keep(socket: Duplex): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
  }
}
