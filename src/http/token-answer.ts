// Reads a token server's answer (RFC 6749 sections 5.1 and 5.2). What it says in words is never passed on: it may echo
// the request, secrets included.

import { type Answer, header } from "./answer.ts";
import type { Failure } from "./failure.ts";
import { retryAfterMs } from "./retry-after.ts";

export interface Token {
  /** The whole value of the Authorization header. */
  readonly header: string;
  readonly value: string;
  /** Milliseconds that it is valid for; null where the server does not say. */
  readonly lifetimeMs: number | null;
}

export type TokenAnswer =
  | { readonly ok: true; readonly token: Token }
  | { readonly ok: false; readonly outcome: Failure };

/** RFC 6749 section 5.2, and those of section 4.1.2.1 that servers use here too. */
const ERROR_CODES: ReadonlySet<unknown> = new Set(
  (
    "invalid_request invalid_client invalid_grant unauthorized_client unsupported_grant_type invalid_scope " +
    "access_denied invalid_target server_error temporarily_unavailable"
  ).split(" "),
);
/** `b64token` of RFC 6750 section 2.1, and what else a header can carry but white space. */
const CREDENTIALS = /^[\x21-\x7e]+$/;

/** `place` is the token URL without its query. A refusal is for an operator; a server that is down or busy passes. */
export function readTokenAnswer(answer: Answer, place: string, nowMs: number): TokenAnswer {
  const { status } = answer;
  const fields = fieldsOf(answer.body);
  const code = ERROR_CODES.has(fields["error"]) ? ` (${String(fields["error"])})` : "";
  const reason = `the token URL ${place} answers HTTP ${status}${code}`;
  if (status === 429 || status >= 500) {
    const waitMs = retryAfterMs(header(answer.headers, "retry-after"), nowMs);
    return { ok: false, outcome: { kind: "retry", reason, retryAfterMs: waitMs } };
  }
  if (status < 200 || status > 299 || "error" in fields) return { ok: false, outcome: { kind: "hold", reason } };
  const token = tokenOf(fields);
  return token === null
    ? { ok: false, outcome: { kind: "hold", reason: `${reason} without a token` } }
    : { ok: true, token };
}

function tokenOf(fields: Readonly<Record<string, unknown>>): Token | null {
  const { access_token: value, token_type: type = "Bearer", expires_in: seconds } = fields;
  if (typeof value !== "string" || !CREDENTIALS.test(value)) return null;
  if (typeof type !== "string" || !/^[A-Za-z0-9._~+-]+$/.test(type)) return null;
  // The scheme's usual spelling: servers that issue "bearer" may not accept it.
  const scheme = type.toLowerCase() === "bearer" ? "Bearer" : type;
  const lifetimeMs = Number(seconds) * 1000;
  return { header: `${scheme} ${value}`, value, lifetimeMs: lifetimeMs > 0 ? lifetimeMs : null };
}

function fieldsOf(body: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === "object" && parsed !== null ? { ...parsed } : {};
  } catch {
    // Not JSON is the answer of something that is no token server: it has no token.
    return {};
  }
}
