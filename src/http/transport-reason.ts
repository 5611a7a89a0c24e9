// A transport error in one clause for the log: what failed, and where. Never a header or a body.

/** For example "ECONNREFUSED at 192.0.2.1:9090" or "UND_ERR_SOCKET at example.net (other side closed)"; `host` is the URL's. */
export function transportReason(error: unknown, host: string): string {
  const root = rootCause(error);
  const code = property(root, "code") ?? (root instanceof Error ? root.name : "unknown error");
  const address = property(root, "address");
  const port = property(root, "port");
  if (address !== null && port !== null)
    return `${code} at ${address.includes(":") ? `[${address}]` : address}:${port}`;
  const message = root instanceof Error ? root.message : String(root);
  return `${code} at ${host}${message === "" ? "" : ` (${message})`}`;
}

/** The first error of a connection attempt over several addresses (AggregateError), else the deepest coded cause. */
function rootCause(error: unknown): unknown {
  if (error instanceof AggregateError && error.errors.length > 0) return rootCause(error.errors[0]);
  if (error instanceof Error && error.cause instanceof Error && property(error.cause, "code") !== null) {
    return rootCause(error.cause);
  }
  return error;
}

function property(value: unknown, name: "code" | "address" | "port"): string | null {
  if (!(value instanceof Error) || !(name in value)) return null;
  const found: unknown = Reflect.get(value, name);
  return typeof found === "string" || typeof found === "number" ? String(found) : null;
}
