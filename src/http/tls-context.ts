// The TLS files of a connection, read again when one of them changes.

import { X509Certificate } from "node:crypto";
import { createSecureContext, type SecureContext } from "node:tls";
import type { TlsOptions } from "./connection-options.ts";
import { OperatorError } from "./operator-error.ts";
import { WatchedFile } from "./watched-file.ts";

type TlsFile = "ca" | "cert" | "key";
type Texts = Partial<Record<TlsFile, string>>;

/** The files' content; `version` differs whenever one of them has changed. */
export interface TlsFiles {
  readonly texts: Texts;
  readonly version: string;
}

export class TlsContext {
  readonly #tls: TlsOptions;
  readonly #files: ReadonlyMap<TlsFile, WatchedFile>;

  constructor(tls: TlsOptions) {
    this.#tls = tls;
    this.#files = filesOf(tls);
  }

  /** Rejects with OperatorError. */
  async read(): Promise<TlsFiles> {
    const files = await Promise.all([...this.#files].map(async ([key, file]) => ({ key, read: await file.read() })));
    const texts = Object.fromEntries(files.map(({ key, read }) => [key, read.text]));
    return { texts, version: files.map(({ read }) => read.version).join(" ") };
  }

  /** Throws OperatorError where a file holds no PEM, or the key is of another certificate. */
  create(texts: Texts): SecureContext {
    const minVersion = this.#tls.minVersion ?? "TLSv1.2";
    try {
      if (texts.ca !== undefined) requireCertificate(texts.ca);
      return createSecureContext({ ...texts, minVersion });
    } catch (cause) {
      const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown error";
      const { caFile, certFile, keyFile } = this.#tls;
      const names = [caFile, certFile, keyFile].filter((name) => name !== undefined).join(", ");
      throw new OperatorError(`cannot use the TLS files ${names}: ${code}`, { cause });
    }
  }
}

/** Throws where `pem` does not begin with a certificate: createSecureContext would pass over it, and trust nobody. */
function requireCertificate(pem: string): X509Certificate {
  return new X509Certificate(pem);
}

function filesOf(tls: TlsOptions): Map<TlsFile, WatchedFile> {
  const paths = { ca: tls.caFile, cert: tls.certFile, key: tls.keyFile };
  const files = new Map<TlsFile, WatchedFile>();
  for (const key of ["ca", "cert", "key"] as const) {
    const path = paths[key];
    if (path !== undefined) files.set(key, new WatchedFile(path));
  }
  return files;
}
