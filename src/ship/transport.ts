// The connection of one endpoint: one HTTP agent, made again when a TLS file changes.

import { Agent } from "undici";
import type { EndpointOptions, TlsOptions } from "./endpoint-options.ts";
import { WatchedFile } from "./watched-file.ts";

type TlsFile = "ca" | "cert" | "key";

export class Transport implements AsyncDisposable {
  readonly #options: EndpointOptions;
  readonly #files: ReadonlyMap<TlsFile, WatchedFile>;
  #agent: Agent | null = null;
  #version = "";

  constructor(options: EndpointOptions) {
    this.#options = options;
    this.#files = tlsFiles(options.tls);
  }

  /** The agent for the next request. Rejects with WatchedFileError. */
  async agent(): Promise<Agent> {
    const files = await Promise.all([...this.#files].map(async ([key, file]) => ({ key, read: await file.read() })));
    const version = files.map(({ read }) => read.version).join(" ");
    if (this.#agent !== null && version === this.#version) return this.#agent;
    await this[Symbol.asyncDispose]();
    this.#version = version;
    this.#agent = this.#connect(Object.fromEntries(files.map(({ key, read }) => [key, read.text])));
    return this.#agent;
  }

  /** Closes the connection; nothing is in flight then. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent?.destroy();
    this.#agent = null;
  }

  /** The exchange has one limit over all of it, so undici's own limits for its parts are off or the same. */
  #connect(files: Partial<Record<TlsFile, string>>): Agent {
    const { tls, timeoutMs } = this.#options;
    const serverName = tls.serverName === undefined ? {} : { servername: tls.serverName };
    return new Agent({
      connections: 1,
      connectTimeout: timeoutMs,
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: { ...files, ...serverName, rejectUnauthorized: !tls.insecureSkipVerify },
    });
  }
}

function tlsFiles(tls: TlsOptions): Map<TlsFile, WatchedFile> {
  const paths = { ca: tls.caFile, cert: tls.certFile, key: tls.keyFile };
  const files = new Map<TlsFile, WatchedFile>();
  for (const key of ["ca", "cert", "key"] as const) {
    const path = paths[key];
    if (path !== undefined) files.set(key, new WatchedFile(path));
  }
  return files;
}
