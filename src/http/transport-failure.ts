// What a request without an answer comes to.

import { OperatorError } from "./operator-error.ts";
import type { Failure } from "./failure.ts";
import { transportReason } from "./transport-reason.ts";

/** `host` is the URL's. What a network does passes by itself; what the configuration or a proxy forbids needs an operator. */
export function transportFailure(error: unknown, host: string): Failure {
  if (error instanceof OperatorError) return { kind: "hold", reason: error.message };
  const status = proxyStatus(error);
  if (status === null) return { kind: "retry", reason: transportReason(error, host), retryAfterMs: null };
  const reason = `the proxy answers HTTP ${status} to a connection to ${host}`;
  if (status === 407) return { kind: "hold", reason: `${reason}: check the user and password in proxy_url` };
  const passing = status === 429 || status >= 500;
  return passing ? { kind: "retry", reason, retryAfterMs: null } : { kind: "hold", reason };
}

/** undici tells a proxy's refusal of CONNECT, and its 407, in words alone (7.30, lib/dispatcher/proxy-agent.js). */
function proxyStatus(error: unknown): number | null {
  const message = error instanceof Error ? error.message : "";
  const [, tunnel, plain] = /^Proxy response \((\d+)\)|^Proxy Authentication Required \((\d+)\)/.exec(message) ?? [];
  const status = tunnel ?? plain;
  return status === undefined ? null : Number(status);
}
