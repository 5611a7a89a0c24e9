// The Authorization header of an endpoint. Secrets come from files and are never logged.

import type { AuthOptions } from "./endpoint-options.ts";
import { WatchedFile } from "./watched-file.ts";

export class Authorization {
  readonly #auth: AuthOptions;
  readonly #secret: WatchedFile | null;

  constructor(auth: AuthOptions) {
    this.#auth = auth;
    this.#secret = secretFile(auth);
  }

  /** The header's value (RFC 7617 for basic), null for none. A changed file takes effect at once; rejects with WatchedFileError. */
  async header(): Promise<string | null> {
    if (this.#secret === null || this.#auth.kind === "none") return null;
    const secret = (await this.#secret.read()).text.trim();
    if (this.#auth.kind === "authorization") return `${this.#auth.type} ${secret}`;
    return `Basic ${Buffer.from(`${this.#auth.username}:${secret}`, "utf8").toString("base64")}`;
  }
}

function secretFile(auth: AuthOptions): WatchedFile | null {
  switch (auth.kind) {
    case "none":
      return null;
    case "basic":
      return new WatchedFile(auth.passwordFile);
    case "authorization":
      return new WatchedFile(auth.credentialsFile);
  }
}
