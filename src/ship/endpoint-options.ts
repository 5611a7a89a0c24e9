// What the stage needs to know of one endpoint; the configuration's slice has this shape.

export type AuthOptions =
  | { readonly kind: "none" }
  | { readonly kind: "basic"; readonly username: string; readonly passwordFile: string }
  /** `Authorization: <type> <credentials>`, for example of type "Bearer". */
  | { readonly kind: "authorization"; readonly type: string; readonly credentialsFile: string };

export interface TlsOptions {
  /** PEM; replaces the system's authorities. */
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  /** Name to ask for and to verify, where it is not the URL's host. */
  readonly serverName?: string | undefined;
  readonly insecureSkipVerify: boolean;
}

export interface EndpointOptions {
  /** Names the cursor over the outbox, so it outlives a change of everything else. */
  readonly name: string;
  readonly url: string;
  /** croner pattern, seconds first, UTC. */
  readonly schedule: string;
  /** Limit of one whole exchange, connecting included. */
  readonly timeoutMs: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly auth: AuthOptions;
  readonly tls: TlsOptions;
}
