// Tokens by OAuth 2.0 client credentials: fetched when one is needed, kept until shortly before they expire, and fetched
// anew when the receiver refuses one or the client's secret changes.

import type { OAuth2Options } from "./connection-options.ts";
import { OperatorError } from "./operator-error.ts";
import type { Token, TokenAnswer } from "./token-answer.ts";
import { TokenRequest, type TokenRequestDependencies } from "./token-request.ts";
import { transportFailure } from "./transport-failure.ts";
import { WatchedFile } from "./watched-file.ts";

/** A token must outlive the exchange that it begins; Go's oauth2 package takes the same time. */
const EARLY_MS = 10_000;

interface Kept {
  readonly token: Token;
  readonly untilMs: number;
  /** The version of the client's secret that it was fetched with. */
  readonly version: string;
}

export class TokenSource implements AsyncDisposable {
  readonly #options: OAuth2Options;
  readonly #dependencies: TokenRequestDependencies;
  readonly #secret: WatchedFile;
  readonly #request: TokenRequest;
  #kept: Kept | null = null;

  constructor(options: OAuth2Options, dependencies: TokenRequestDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
    this.#secret = new WatchedFile(options.clientSecretFile);
    this.#request = new TokenRequest(options, dependencies);
  }

  /** The token that is valid now. Never rejects. */
  async token(signal: AbortSignal): Promise<TokenAnswer> {
    try {
      return await this.#valid(signal);
    } catch (error) {
      // The token server is out of reach: as passing, or as much an operator's, as with the receiver itself.
      const { host } = new URL(this.#options.tokenUrl);
      const late = { kind: "retry", reason: `no token from ${host} in time`, retryAfterMs: null } as const;
      if (signal.aborted) return { ok: false, outcome: late };
      const failure = transportFailure(error, host);
      const reason = error instanceof OperatorError ? failure.reason : `no token: ${failure.reason}`;
      return { ok: false, outcome: { ...failure, reason } };
    }
  }

  /** The receiver did not take the token: the next one is fetched. */
  forget(): void {
    this.#kept = null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#request[Symbol.asyncDispose]();
  }

  async #valid(signal: AbortSignal): Promise<TokenAnswer> {
    const { clock, secrets } = this.#dependencies;
    const { text, version } = await this.#secret.read();
    const kept = this.#kept;
    if (kept !== null && kept.version === version && clock.now() < kept.untilMs) return { ok: true, token: kept.token };
    const secret = text.trim();
    if (secret === "") throw new OperatorError(`${this.#options.clientSecretFile} is empty`);
    secrets.add(secret);
    const answer = await this.#request.send(secret, signal);
    if (answer.ok) this.#keep(answer.token, version);
    return answer;
  }

  #keep(token: Token, version: string): void {
    const { clock, secrets } = this.#dependencies;
    const lifetimeMs = token.lifetimeMs ?? Infinity;
    secrets.add(token.value);
    this.#kept = { token, version, untilMs: clock.now() + lifetimeMs - Math.min(EARLY_MS, lifetimeMs / 2) };
  }
}
