// How far this host's clock and a server's are apart, by the Date header of an answer.

/** Longer exchanges do not tell when the receiver looked at its clock. */
const MAX_EXCHANGE_MS = 2_000;
/** The header has whole seconds: on average it is half of one behind. */
const HALF_SECOND_MS = 500;

/**
 * Local minus remote time by an answer's Date header (RFC 9110 section 6.6.1), of an exchange from `startMs` to `endMs`
 * of the local clock; right to about 1.5 s. Null where there is no date or the exchange took longer than 2 s.
 */
export function clockSkewMs(date: string | null, startMs: number, endMs: number): number | null {
  const remoteMs = date === null ? Number.NaN : Date.parse(date);
  if (Number.isNaN(remoteMs) || Math.abs(endMs - startMs) > MAX_EXCHANGE_MS) return null;
  return (startMs + endMs) / 2 - (remoteMs + HALF_SECOND_MS);
}
