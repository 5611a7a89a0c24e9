// How to reach a server: URL, request headers, authentication, TLS and proxy. Secrets stay in their files.

import { resolve } from "node:path";

import type { Settings } from "./schema.ts";

interface TlsConfig {
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly serverName?: string;
  readonly minVersion: "TLSv1.2" | "TLSv1.3";
  readonly insecureSkipVerify: boolean;
}

type ProxyConfig =
  | { readonly kind: "none" }
  /** `url` may have credentials. */
  | { readonly kind: "url"; readonly url: string; readonly noProxy: string | null }
  | { readonly kind: "environment" };

type AuthConfig =
  | { readonly kind: "none" }
  | {
      readonly kind: "basic";
      readonly username?: string;
      readonly usernameFile?: string;
      readonly passwordFile: string;
    }
  | { readonly kind: "authorization"; readonly type: string; readonly credentialsFile: string }
  | {
      readonly kind: "oauth2";
      readonly clientId: string;
      readonly clientSecretFile: string;
      readonly scopes: readonly string[];
      readonly tokenUrl: string;
      readonly endpointParams: Readonly<Record<string, string>>;
      readonly tls: TlsConfig;
      readonly proxy: ProxyConfig;
    };

/** All file paths are absolute. */
export interface ConnectionConfig {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly auth: AuthConfig;
  readonly tls: TlsConfig;
  readonly proxy: ProxyConfig;
}

type ConnectionSettings = NonNullable<Settings["query"]>;
type OAuth2Settings = NonNullable<ConnectionSettings["oauth2"]>;
type ProxySettings = Pick<ConnectionSettings, "proxy_url" | "no_proxy" | "proxy_from_environment">;

/** File paths are resolved against `folder`. */
export function connectionOf(settings: ConnectionSettings, folder: string): ConnectionConfig {
  const { url, headers } = settings;
  const tls = tlsOf(settings.tls_config, folder);
  return { url, headers, auth: authOf(settings, folder), tls, proxy: proxyOf(settings) };
}

function authOf({ basic_auth: basic, authorization, oauth2 }: ConnectionSettings, folder: string): AuthConfig {
  if (basic !== undefined) {
    return {
      kind: "basic",
      ...(basic.username === undefined ? {} : { username: basic.username }),
      ...(basic.username_file === undefined ? {} : { usernameFile: resolve(folder, basic.username_file) }),
      passwordFile: resolve(folder, basic.password_file),
    };
  }
  if (oauth2 !== undefined) return oauth2Of(oauth2, folder);
  if (authorization === undefined) return { kind: "none" };
  const { type, credentials_file: file } = authorization;
  return { kind: "authorization", type, credentialsFile: resolve(folder, file) };
}

function oauth2Of(oauth2: OAuth2Settings, folder: string): AuthConfig {
  return {
    kind: "oauth2",
    clientId: oauth2.client_id,
    clientSecretFile: resolve(folder, oauth2.client_secret_file),
    scopes: oauth2.scopes,
    tokenUrl: oauth2.token_url,
    endpointParams: oauth2.endpoint_params,
    tls: tlsOf(oauth2.tls_config, folder),
    proxy: proxyOf(oauth2),
  };
}

function tlsOf(tls: ConnectionSettings["tls_config"], folder: string): TlsConfig {
  return {
    ...(tls.ca_file === undefined ? {} : { caFile: resolve(folder, tls.ca_file) }),
    ...(tls.cert_file === undefined ? {} : { certFile: resolve(folder, tls.cert_file) }),
    ...(tls.key_file === undefined ? {} : { keyFile: resolve(folder, tls.key_file) }),
    ...(tls.server_name === undefined ? {} : { serverName: tls.server_name }),
    minVersion: tls.min_version,
    insecureSkipVerify: tls.insecure_skip_verify,
  };
}

function proxyOf({
  proxy_url: url,
  no_proxy: noProxy,
  proxy_from_environment: environment,
}: ProxySettings): ProxyConfig {
  if (environment) return { kind: "environment" };
  return url === undefined ? { kind: "none" } : { kind: "url", url, noProxy: noProxy ?? null };
}
