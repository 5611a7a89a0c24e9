// The connection to one URL, through a proxy where one is configured: one HTTP agent, made again when a TLS file changes.

import type { SecureContext } from "node:tls";
import { Agent, type Dispatcher, Pool, ProxyAgent } from "undici";
import type { ProxyOptions, TlsOptions } from "./connection-options.ts";
import { type Proxy, proxyFor } from "./proxy.ts";
import type { Secrets } from "./secrets.ts";
import { TlsContext } from "./tls-context.ts";

export interface TransportOptions {
  readonly url: string;
  /** Limit of each step of connecting; the whole exchange has a limit of its own. */
  readonly timeoutMs: number;
  readonly tls: TlsOptions;
  readonly proxy: ProxyOptions;
}

/** undici's own limits for the parts of an exchange are off: the exchange has one over all of it. */
const NO_LIMITS = { headersTimeout: 0, bodyTimeout: 0 } as const;

export class Transport implements AsyncDisposable {
  readonly #options: TransportOptions;
  readonly #secrets: Secrets;
  readonly #context: TlsContext;
  #dispatcher: Dispatcher | null = null;
  #version = "";

  /** Adds a proxy's credentials to `secrets`. */
  constructor(options: TransportOptions, secrets: Secrets) {
    this.#options = options;
    this.#secrets = secrets;
    this.#context = new TlsContext(options.tls);
  }

  /** What carries the next request. Rejects with OperatorError. */
  async dispatcher(): Promise<Dispatcher> {
    const { texts, version } = await this.#context.read();
    if (this.#dispatcher !== null && version === this.#version) return this.#dispatcher;
    await this[Symbol.asyncDispose]();
    const { url, proxy } = this.#options;
    const found = proxyFor(url, proxy, process.env);
    const context = this.#context.create(texts);
    this.#dispatcher = found === null ? this.#direct(context) : this.#proxied(context, found);
    this.#version = version;
    return this.#dispatcher;
  }

  /** Closes the connection; nothing is in flight then. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#dispatcher?.destroy();
    this.#dispatcher = null;
  }

  #direct(secureContext: SecureContext): Agent {
    return new Agent({ connections: 1, ...NO_LIMITS, connect: this.#target(secureContext) });
  }

  /** A tunnel by CONNECT where the target or the proxy speaks TLS, else requests in absolute form. */
  #proxied(secureContext: SecureContext, { url, credentials }: Proxy): ProxyAgent {
    const { timeoutMs, tls } = this.#options;
    return new ProxyAgent({
      uri: url,
      ...(credentials === null ? {} : { token: this.#proxyToken(credentials) }),
      proxyTunnel: false,
      connections: 1,
      ...NO_LIMITS,
      requestTls: this.#target(secureContext),
      // As in Prometheus the same authorities and client certificate serve a proxy that speaks TLS; the name is its own.
      proxyTls: { secureContext, timeout: timeoutMs, rejectUnauthorized: !tls.insecureSkipVerify },
      // An unanswered CONNECT must end: the exchange's own limit does not reach it.
      clientFactory: (origin, options) => new Pool(origin, { ...options, connections: 1, headersTimeout: timeoutMs }),
    });
  }

  /** The connection to the target itself. */
  #target(secureContext: SecureContext) {
    const { tls, timeoutMs } = this.#options;
    const serverName = tls.serverName === undefined ? {} : { servername: tls.serverName };
    return { secureContext, ...serverName, timeout: timeoutMs, rejectUnauthorized: !tls.insecureSkipVerify };
  }

  #proxyToken(credentials: string): string {
    const encoded = Buffer.from(credentials, "utf8").toString("base64");
    for (const secret of [credentials, credentials.slice(credentials.indexOf(":") + 1), encoded]) {
      this.#secrets.add(secret);
    }
    return `Basic ${encoded}`;
  }
}
