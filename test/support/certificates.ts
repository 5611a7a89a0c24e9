// Certificates for tests on loopback, made by openssl: a certificate that is its own authority for one name.

import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import type { TempFolder } from "./temp-folder.ts";

export interface Certificate {
  readonly certFile: string;
  readonly keyFile: string;
  /** PEM, for a server. */
  readonly cert: string;
  readonly key: string;
}

/** Files `<name>.pem` and `<name>.key` in `folder`; `alternative` is openssl's, such as "DNS:metrics.test". */
export async function selfSigned(folder: TempFolder, name: string, alternative: string): Promise<Certificate> {
  const [certFile, keyFile] = [folder.file(`${name}.pem`), folder.file(`${name}.key`)];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const subject = ["-subj", `/CN=${name}`, "-addext", `subjectAltName=${alternative}`, "-days", "2"];
  await promisify(execFile)("openssl", ["req", "-x509", ...curve, "-keyout", keyFile, "-out", certFile, ...subject]);
  const [cert, key] = await Promise.all([readFile(certFile, "utf8"), readFile(keyFile, "utf8")]);
  return { certFile, keyFile, cert, key };
}
