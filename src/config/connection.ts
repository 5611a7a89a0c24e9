// How to reach a server: URL, request headers, authentication and TLS. Secrets stay in their files.

import { resolve } from "node:path";

import type { Settings } from "./schema.ts";

type AuthConfig =
  | { readonly kind: "none" }
  | { readonly kind: "basic"; readonly username: string; readonly passwordFile: string }
  | { readonly kind: "authorization"; readonly type: string; readonly credentialsFile: string };

interface TlsConfig {
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly serverName?: string;
  readonly insecureSkipVerify: boolean;
}

/** All file paths are absolute. */
export interface ConnectionConfig {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly auth: AuthConfig;
  readonly tls: TlsConfig;
}

type ConnectionSettings = NonNullable<Settings["query"]>;

/** File paths are resolved against `folder`. */
export function connectionOf(settings: ConnectionSettings, folder: string): ConnectionConfig {
  const { url, headers } = settings;
  return { url, headers, auth: authOf(settings, folder), tls: tlsOf(settings.tls_config, folder) };
}

function authOf({ basic_auth: basic, authorization }: ConnectionSettings, folder: string): AuthConfig {
  if (basic !== undefined) {
    return { kind: "basic", username: basic.username, passwordFile: resolve(folder, basic.password_file) };
  }
  if (authorization === undefined) return { kind: "none" };
  const { type, credentials_file: file } = authorization;
  return { kind: "authorization", type, credentialsFile: resolve(folder, file) };
}

function tlsOf(tls: ConnectionSettings["tls_config"], folder: string): TlsConfig {
  return {
    ...(tls.ca_file === undefined ? {} : { caFile: resolve(folder, tls.ca_file) }),
    ...(tls.cert_file === undefined ? {} : { certFile: resolve(folder, tls.cert_file) }),
    ...(tls.key_file === undefined ? {} : { keyFile: resolve(folder, tls.key_file) }),
    ...(tls.server_name === undefined ? {} : { serverName: tls.server_name }),
    insecureSkipVerify: tls.insecure_skip_verify,
  };
}
