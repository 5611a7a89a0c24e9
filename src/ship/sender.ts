// Requests with the credentials and headers of one endpoint. An answer is passed on without the secrets that were sent.

import type { Clock } from "../model/time.ts";
import { Authorization } from "./authorization.ts";
import type { EndpointOptions } from "./endpoint-options.ts";
import { type HttpAnswer, post } from "./http-exchange.ts";
import type { Answered, Encoded } from "./message-choice.ts";
import { classify } from "./outcome.ts";
import type { Secrets } from "./secrets.ts";
import { Transport } from "./transport.ts";

export interface SenderDependencies {
  readonly clock: Clock;
  readonly userAgent: string;
  /** Learns everything that the endpoint's settings and their files hold of secrets. */
  readonly secrets: Secrets;
}

/** What all requests of one exchange share. */
export interface Attempt {
  /** 0 for the first time. */
  readonly number: number;
  readonly signal: AbortSignal;
}

/** What is read of an answer's body. */
const ANSWER_BYTES = 1024;
/** Names of configured headers whose values are secrets. */
const SECRET_HEADER = /auth|cookie|key|passw|secret|token/i;

export class Sender implements AsyncDisposable {
  readonly #options: EndpointOptions;
  readonly #dependencies: SenderDependencies;
  readonly #authorization: Authorization;
  readonly #transport: Transport;

  constructor(options: EndpointOptions, dependencies: SenderDependencies) {
    const { timeoutMs, headers } = options;
    const { secrets } = dependencies;
    this.#options = options;
    this.#dependencies = dependencies;
    this.#authorization = new Authorization(options, { ...dependencies, timeoutMs });
    this.#transport = new Transport(options, secrets);
    for (const [name, value] of Object.entries(headers)) if (SECRET_HEADER.test(name)) secrets.add(value);
  }

  /** Once more with other credentials where those that were sent are refused. Rejects on transport errors. */
  async send(encoded: Encoded, attempt: Attempt): Promise<Answered> {
    const first = await this.#post(encoded, attempt);
    if (first.answer?.status !== 401 || !this.#authorization.refused()) return first;
    const second = await this.#post(encoded, attempt);
    if (second.answer?.status === 401) this.#authorization.refused();
    return second;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#authorization[Symbol.asyncDispose]();
    await this.#transport[Symbol.asyncDispose]();
  }

  async #post(encoded: Encoded, { number, signal }: Attempt): Promise<Answered> {
    const { clock, secrets } = this.#dependencies;
    const dispatcher = await this.#transport.dispatcher();
    const credentials = await this.#authorization.credentials(signal);
    if (!credentials.ok) return { answer: null, outcome: credentials.outcome };
    const headers = this.#headers(encoded, credentials.header, number);
    const { url } = this.#options;
    const request = { url, dispatcher, headers, body: encoded.body, signal, answerBytes: ANSWER_BYTES };
    const received = await post(request, clock);
    const answer: HttpAnswer = { ...received, body: secrets.redact(received.body) };
    return { answer, outcome: classify(answer, clock.now()) };
  }

  /** The protocol's headers win over configured ones (remote-write 1.0, section "Protocol"). */
  #headers(encoded: Encoded, authorization: string | null, attempt: number): Record<string, string> {
    const configured = Object.entries(this.#options.headers).map(([name, value]) => [name.toLowerCase(), value]);
    return {
      ...Object.fromEntries(configured),
      ...(authorization === null ? {} : { authorization }),
      ...(attempt === 0 ? {} : { "retry-attempt": String(attempt) }),
      "content-encoding": "snappy",
      "content-type": encoded.contentType,
      "user-agent": this.#dependencies.userAgent,
      "x-prometheus-remote-write-version": encoded.version,
    };
  }
}
