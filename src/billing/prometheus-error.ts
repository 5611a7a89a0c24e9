// What cannot be told from Prometheus, and why: one line with [query] url, what happened and the fix.

/** The message is one line without any secret. */
export class PrometheusError extends Error {
  override readonly name = "PrometheusError";
}
