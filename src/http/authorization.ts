// The Authorization header of an endpoint. Secrets come from files and are never logged.

import type { AuthOptions, BasicOptions, ConnectionOptions } from "./connection-options.ts";
import { OperatorError } from "./operator-error.ts";
import type { TokenAnswer } from "./token-answer.ts";
import type { TokenRequestDependencies } from "./token-request.ts";
import { TokenSource } from "./token-source.ts";
import { WatchedFile } from "./watched-file.ts";

/** The header's value, null for none; or why there is none to send. */
export type Credentials =
  | { readonly ok: true; readonly header: string | null }
  | Extract<TokenAnswer, { readonly ok: false }>;

type Source = (signal: AbortSignal) => Promise<Credentials>;

/** RFC 9110 section 5.5, without what is not ASCII: what a header can carry on every server. */
const HEADER_VALUE = /^[\x20-\x7e]+$/;

export class Authorization implements AsyncDisposable {
  readonly #tokens: TokenSource | null;
  readonly #source: Source;

  /** Adds every secret that it reads to the dependencies' `secrets`. */
  constructor({ auth }: Pick<ConnectionOptions, "auth">, dependencies: TokenRequestDependencies) {
    this.#tokens = auth.kind === "oauth2" ? new TokenSource(auth, dependencies) : null;
    this.#source = this.#tokens === null ? fileSource(auth, dependencies) : tokenSource(this.#tokens);
  }

  /** A changed file takes effect at once. Rejects with OperatorError. */
  async credentials(signal: AbortSignal): Promise<Credentials> {
    return await this.#source(signal);
  }

  /** The receiver answered 401. True where other credentials can be had by asking again. */
  refused(): boolean {
    this.#tokens?.forget();
    return this.#tokens !== null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tokens?.[Symbol.asyncDispose]();
  }
}

function tokenSource(tokens: TokenSource): Source {
  return async (signal) => {
    const answer = await tokens.token(signal);
    return answer.ok ? { ok: true, header: answer.token.header } : answer;
  };
}

function fileSource(auth: AuthOptions, { secrets }: TokenRequestDependencies): Source {
  const note = (...texts: readonly string[]): void => texts.forEach((text) => secrets.add(text));
  switch (auth.kind) {
    case "none":
    case "oauth2":
      return async () => ({ ok: true, header: null });
    case "basic":
      return basicSource(auth, note);
    case "authorization": {
      const file = new WatchedFile(auth.credentialsFile);
      return async () => {
        const token = (await file.read()).text.trim();
        if (!HEADER_VALUE.test(token)) throw new OperatorError(`${auth.credentialsFile} holds no token of one line`);
        note(token);
        return { ok: true, header: `${auth.type} ${token}` };
      };
    }
  }
}

/** RFC 7617. */
function basicSource(auth: BasicOptions, note: (...texts: readonly string[]) => void): Source {
  const name = auth.usernameFile === undefined ? null : new WatchedFile(auth.usernameFile);
  const password = new WatchedFile(auth.passwordFile);
  return async () => {
    const user = name === null ? (auth.username ?? "") : (await name.read()).text.trim();
    if (user.includes(":")) throw new OperatorError(`${auth.usernameFile} holds a ":", which no user name may have`);
    const secret = (await password.read()).text.trim();
    const encoded = Buffer.from(`${user}:${secret}`, "utf8").toString("base64");
    note(secret, encoded);
    return { ok: true, header: `Basic ${encoded}` };
  };
}
