// One request for a token by OAuth 2.0 client credentials (RFC 6749 sections 2.3.1 and 4.4.2).

import type { Clock } from "../model/time.ts";
import type { OAuth2Options } from "./connection-options.ts";
import { post } from "./http-exchange.ts";
import type { Secrets } from "./secrets.ts";
import { readTokenAnswer, type TokenAnswer } from "./token-answer.ts";
import { Transport } from "./transport.ts";

export interface TokenRequestDependencies {
  readonly clock: Clock;
  readonly userAgent: string;
  readonly timeoutMs: number;
  /** Learns the client's secret, every token and the further parameters. */
  readonly secrets: Secrets;
}

/** Where the client's secret goes. */
type Place = "header" | "body";

const ANSWER_BYTES = 64 * 1024;

export class TokenRequest implements AsyncDisposable {
  readonly #options: OAuth2Options;
  readonly #dependencies: TokenRequestDependencies;
  readonly #transport: Transport;
  /** Servers take the secret in either place, and some in one alone: both are tried, and one is remembered. */
  #place: Place | null = null;

  constructor(options: OAuth2Options, dependencies: TokenRequestDependencies) {
    const { timeoutMs, secrets } = dependencies;
    this.#options = options;
    this.#dependencies = dependencies;
    this.#transport = new Transport({ ...options, url: options.tokenUrl, timeoutMs }, secrets);
    for (const value of Object.values(options.endpointParams)) secrets.add(value);
  }

  /** Rejects on transport errors and with OperatorError. */
  async send(secret: string, signal: AbortSignal): Promise<TokenAnswer> {
    const first = await this.#ask(secret, this.#place ?? "header", signal);
    if (first.ok) this.#place ??= "header";
    if (first.ok || first.outcome.kind === "retry" || this.#place !== null) return first;
    const second = await this.#ask(secret, "body", signal);
    if (second.ok) this.#place = "body";
    return second.ok ? second : first;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#transport[Symbol.asyncDispose]();
  }

  async #ask(secret: string, place: Place, signal: AbortSignal): Promise<TokenAnswer> {
    const { clock } = this.#dependencies;
    const { tokenUrl: url } = this.#options;
    const dispatcher = await this.#transport.dispatcher();
    const [headers, body] = [this.#headers(secret, place), this.#form(secret, place)];
    const answer = await post({ url, dispatcher, headers, body, signal, answerBytes: ANSWER_BYTES }, clock);
    const { origin, pathname } = new URL(url);
    return readTokenAnswer(answer, `${origin}${pathname}`, clock.now());
  }

  /** Further parameters win, as in Prometheus. */
  #form(secret: string, place: Place): string {
    const { clientId, scopes, endpointParams } = this.#options;
    const form = new URLSearchParams({ grant_type: "client_credentials" });
    if (scopes.length > 0) form.set("scope", scopes.join(" "));
    if (place === "body") {
      form.set("client_id", clientId);
      form.set("client_secret", secret);
    }
    for (const [name, value] of Object.entries(endpointParams)) form.set(name, value);
    return form.toString();
  }

  #headers(secret: string, place: Place): Record<string, string> {
    const headers = {
      "content-type": "application/x-www-form-urlencoded",
      accept: "application/json",
      "user-agent": this.#dependencies.userAgent,
    };
    return place === "body" ? headers : { ...headers, authorization: this.#basic(secret) };
  }

  /** Both parts are form-encoded before they are joined. */
  #basic(secret: string): string {
    const pair = [this.#options.clientId, secret].map((text) => new URLSearchParams([["", text]]).toString().slice(1));
    const encoded = Buffer.from(pair.join(":"), "utf8").toString("base64");
    this.#dependencies.secrets.add(encoded);
    return `Basic ${encoded}`;
  }
}
