// What became of one push, as a value. Only `accepted` moves a cursor; every other outcome keeps the request.

import { type Answer, header, oneLine } from "../http/answer.ts";
import type { Failure } from "../http/failure.ts";
import { retryAfterMs } from "../http/retry-after.ts";

/** `reason` is for logs and the status page; it stays the same while the cause does. */
export type Outcome =
  | { readonly kind: "accepted" }
  | Failure
  /** Too large for this receiver. */
  | { readonly kind: "split"; readonly reason: string }
  /** The receiver refuses something inside the request; `body` is what it said. */
  | { readonly kind: "suspect"; readonly reason: string; readonly code: number; readonly body: string };

/**
 * The outcome by remote-write 1.0, sections "Retries & Backoff" and "Errors", except that a client error that only an
 * operator can mend holds the request instead of dropping it. `nowMs` serves Retry-After dates.
 */
export function classify(answer: Answer, nowMs: number): Outcome {
  const { status } = answer;
  const reason = describe(answer);
  if (status >= 200 && status < 300) return classifySuccess(answer);
  if (status === 429 || status >= 500) {
    return { kind: "retry", reason, retryAfterMs: retryAfterMs(header(answer.headers, "retry-after"), nowMs) };
  }
  if (status === 413) return { kind: "split", reason };
  if (status === 400 || status === 409 || status === 422) {
    return { kind: "suspect", reason, code: status, body: answer.body };
  }
  return { kind: "hold", reason };
}

/** Receivers answer 200 or 204 without a page: HTML comes from a captive portal or a wrong address, and is loss. */
function classifySuccess(answer: Answer): Outcome {
  const type = header(answer.headers, "content-type") ?? "";
  if (!/^\s*text\/html\b/i.test(type)) return { kind: "accepted" };
  return { kind: "hold", reason: `HTTP ${answer.status} with an HTML page: not a remote-write receiver` };
}

/** One line; a redirect names its host and path alone, as a query may carry a secret. */
function describe(answer: Answer): string {
  const location = header(answer.headers, "location");
  if (answer.status >= 300 && answer.status < 400 && location !== null) {
    return `HTTP ${answer.status}: redirect to ${location.replace(/[?#].*$/s, "")}, not followed`;
  }
  const text = oneLine(answer.body);
  return text === "" ? `HTTP ${answer.status}` : `HTTP ${answer.status}: ${text}`;
}
