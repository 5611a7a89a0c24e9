// How to reach a server; the configuration's slice has this shape.

export interface TlsOptions {
  /** PEM; replaces the system's authorities. */
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  /** Name to ask for and to verify, where it is not the URL's host. */
  readonly serverName?: string | undefined;
  /** Default: TLS 1.2. */
  readonly minVersion?: "TLSv1.2" | "TLSv1.3" | undefined;
  readonly insecureSkipVerify: boolean;
}

export type ProxyOptions =
  | { readonly kind: "none" }
  /** `url` may have credentials; `noProxy` is a comma-separated list of what is reached directly. */
  | { readonly kind: "url"; readonly url: string; readonly noProxy: string | null }
  /** HTTP_PROXY, HTTPS_PROXY and NO_PROXY, upper case before lower case. */
  | { readonly kind: "environment" };

/** OAuth 2.0 client credentials (RFC 6749 section 4.4). */
export interface OAuth2Options {
  readonly kind: "oauth2";
  readonly clientId: string;
  readonly clientSecretFile: string;
  readonly scopes: readonly string[];
  readonly tokenUrl: string;
  /** Further parameters of the token request. */
  readonly endpointParams: Readonly<Record<string, string>>;
  /** Of the connection to the token URL: the endpoint's own settings do not apply to it, as in Prometheus. */
  readonly tls: TlsOptions;
  readonly proxy: ProxyOptions;
}

/** The user's name stands here or in a file. */
export interface BasicOptions {
  readonly kind: "basic";
  readonly username?: string | undefined;
  readonly usernameFile?: string | undefined;
  readonly passwordFile: string;
}

export type AuthOptions =
  | { readonly kind: "none" }
  | BasicOptions
  /** `Authorization: <type> <credentials>`, for example of type "Bearer". */
  | { readonly kind: "authorization"; readonly type: string; readonly credentialsFile: string }
  | OAuth2Options;

export interface ConnectionOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly auth: AuthOptions;
  readonly tls: TlsOptions;
  readonly proxy: ProxyOptions;
}
