// The user and password of agent.basic_auth, RFC 7617. The password stays in its file, which may change at any time.

import { createHash, timingSafeEqual } from "node:crypto";
import { OperatorError } from "../http/operator-error.ts";
import { WatchedFile } from "../http/watched-file.ts";

export interface BasicAuth {
  readonly username: string;
  /** Absolute. */
  readonly passwordFile: string;
}

const CREDENTIALS = /^basic +([a-z0-9+/]+={0,2}) *$/i;

/**
 * Whether the value of an Authorization header has them; how long it takes tells nothing of what is right. Rejects with
 * OperatorError where the file cannot be read or is empty.
 */
export function basicAuthorizer({
  username,
  passwordFile,
}: BasicAuth): (header: string | undefined) => Promise<boolean> {
  const file = new WatchedFile(passwordFile);
  return async (header) => {
    const password = (await file.read()).text.trim();
    if (password === "")
      throw new OperatorError(`${passwordFile} is empty; write the password of agent.basic_auth into it`);
    const [, sent] = CREDENTIALS.exec(header ?? "") ?? [];
    const given = sent === undefined ? "" : Buffer.from(sent, "base64").toString("utf8");
    const isRight = timingSafeEqual(digest(given), digest(`${username}:${password}`));
    return isRight && sent !== undefined;
  };
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
