// What a request is for: the host that it names and the path.

import type { IncomingMessage } from "node:http";

export interface RequestTarget {
  /** With a port where it has one; undefined where the request names none (HTTP/1.0). */
  readonly host: string | undefined;
  /** As the client wrote it, without the query. */
  readonly path: string;
}

/** The host of an absolute target counts, whatever the Host header says (RFC 9112 section 3.2.2). */
export function requestTarget({ url = "/", headers }: Pick<IncomingMessage, "url" | "headers">): RequestTarget {
  const [, authority, absolutePath] = /^https?:\/\/([^/?]+)([^?]*)/i.exec(url) ?? [];
  if (authority !== undefined) return { host: authority, path: absolutePath || "/" };
  return { host: headers.host, path: url.replace(/\?.*$/s, "") };
}
