// Requests with the credentials and headers of one connection. An answer is passed on without the secrets that were
// sent, unless it was asked for as data.

import type { Clock } from "../model/time.ts";
import { Authorization } from "./authorization.ts";
import type { ConnectionOptions } from "./connection-options.ts";
import type { Failure } from "./failure.ts";
import { post, type ReadAnswer } from "./http-exchange.ts";
import type { Secrets } from "./secrets.ts";
import { Transport } from "./transport.ts";

export interface HttpClientOptions extends ConnectionOptions {
  /** Limit of each step of connecting, and of fetching a token; the caller's signal limits the exchange. */
  readonly timeoutMs: number;
}

export interface HttpClientDependencies {
  readonly clock: Clock;
  readonly userAgent: string;
  /** Learns everything that the connection's settings and their files hold of secrets. */
  readonly secrets: Secrets;
}

export interface HttpPost {
  /** The connection's own, or one below it. */
  readonly url: string;
  /** Names in lower case; they win over configured ones. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
  /** What is read of the answer's body. */
  readonly answerBytes: number;
  /** The answer's body is passed on as it came: who quotes such data takes the secrets out. Default: false. */
  readonly isData?: boolean;
}

export type Posted =
  | { readonly ok: true; readonly answer: ReadAnswer }
  /** No credentials could be had: nothing was sent. */
  | { readonly ok: false; readonly failure: Failure };

/** Names of configured headers whose values are secrets. */
const SECRET_HEADER = /auth|cookie|key|passw|secret|token/i;

export class HttpClient implements AsyncDisposable {
  readonly #options: HttpClientOptions;
  readonly #dependencies: HttpClientDependencies;
  readonly #authorization: Authorization;
  readonly #transport: Transport;

  constructor(options: HttpClientOptions, dependencies: HttpClientDependencies) {
    const { timeoutMs, headers } = options;
    const { secrets } = dependencies;
    this.#options = options;
    this.#dependencies = dependencies;
    this.#authorization = new Authorization(options, { ...dependencies, timeoutMs });
    this.#transport = new Transport(options, secrets);
    for (const [name, value] of Object.entries(headers)) if (SECRET_HEADER.test(name)) secrets.add(value);
  }

  /** Once more with other credentials where those that were sent are refused. Rejects on transport errors. */
  async post(request: HttpPost, signal: AbortSignal): Promise<Posted> {
    const first = await this.#post(request, signal);
    if (!first.ok || first.answer.status !== 401 || !this.#authorization.refused()) return first;
    const second = await this.#post(request, signal);
    if (second.ok && second.answer.status === 401) this.#authorization.refused();
    return second;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#authorization[Symbol.asyncDispose]();
    await this.#transport[Symbol.asyncDispose]();
  }

  async #post(request: HttpPost, signal: AbortSignal): Promise<Posted> {
    const { clock, secrets } = this.#dependencies;
    const dispatcher = await this.#transport.dispatcher();
    const credentials = await this.#authorization.credentials(signal);
    if (!credentials.ok) return { ok: false, failure: credentials.outcome };
    const headers = this.#headers(request.headers, credentials.header);
    const { url, body, answerBytes, isData = false } = request;
    const answer = await post({ url, body, answerBytes, dispatcher, headers, signal }, clock);
    return { ok: true, answer: isData ? answer : { ...answer, body: secrets.redact(answer.body) } };
  }

  #headers(own: HttpPost["headers"], authorization: string | null): Record<string, string> {
    const configured = Object.entries(this.#options.headers).map(([name, value]) => [name.toLowerCase(), value]);
    return {
      ...Object.fromEntries(configured),
      ...(authorization === null ? {} : { authorization }),
      ...own,
      "user-agent": this.#dependencies.userAgent,
    };
  }
}
