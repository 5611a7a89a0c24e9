// The Retry-After header of an answer (RFC 9110 section 10.2.3).

/** A receiver can slow a sender down to this, and no further. */
const MIN_MS = 1000;
const MAX_MS = 600_000;

/** Milliseconds to wait by `header` (seconds or an HTTP date), clamped to 1..600 s; null where it is absent or neither. */
export function retryAfterMs(header: string | null, nowMs: number): number | null {
  const text = header?.trim() ?? "";
  const waitMs = /^\d+$/.test(text) ? Number(text) * 1000 : httpDate(text) - nowMs;
  return Number.isNaN(waitMs) ? null : Math.min(MAX_MS, Math.max(MIN_MS, waitMs));
}

/** IMF-fixdate alone (RFC 9110 section 5.6.7): `Date.parse` by itself reads much that is no date. NaN where it is not one. */
function httpDate(text: string): number {
  return /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text) ? Date.parse(text) : Number.NaN;
}
