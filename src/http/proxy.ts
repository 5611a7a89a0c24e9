// Which proxy a URL is reached by, with Prometheus' rules: proxy_url alone is for every host, with no_proxy or from the
// environment some hosts are reached directly (http_config in its configuration, ProxyConfig in prometheus/common).

import type { ProxyOptions } from "./connection-options.ts";
import { isDirect } from "./no-proxy.ts";
import { OperatorError } from "./operator-error.ts";

export interface Proxy {
  /** Without credentials. */
  readonly url: string;
  /** `user:password`, decoded; null where the URL has neither. */
  readonly credentials: string | null;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** The proxy for `target`, null for none. Throws OperatorError where the environment names one that is none. */
export function proxyFor(target: string, options: ProxyOptions, environment: Environment): Proxy | null {
  const url = new URL(target);
  switch (options.kind) {
    case "none":
      return null;
    case "url":
      if (options.noProxy !== null && isDirect(url, options.noProxy)) return null;
      return toProxy(new URL(options.url));
    case "environment":
      return fromEnvironment(url, environment);
  }
}

function fromEnvironment(url: URL, environment: Environment): Proxy | null {
  const value = (name: string): string => environment[name] || environment[name.toLowerCase()] || "";
  const name = url.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY";
  const text = value(name);
  if (text === "" || isDirect(url, value("NO_PROXY"))) return null;
  // Go takes "host:port" for http, too.
  const full = /^[a-z0-9]+:\/\//i.test(text) ? text : `http://${text}`;
  // Going direct instead, as Go does, could leave by a way that the operator meant to close.
  if (!URL.canParse(full) || !/^https?:/i.test(full)) {
    throw new OperatorError(`${name} of the environment is not an http or https URL`);
  }
  return toProxy(new URL(full));
}

function toProxy(url: URL): Proxy {
  const none = url.username === "" && url.password === "";
  const credentials = none ? null : `${decoded(url.username)}:${decoded(url.password)}`;
  return { url: url.origin, credentials };
}

/** Percent signs that encode nothing are meant as they are. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A URIError is the documented answer for a malformed sequence.
    return text;
  }
}
