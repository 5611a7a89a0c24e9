// One HTTP request over a unix socket, on a connection of its own, as `acct-agent status` does it.

import { once } from "node:events";
import { request } from "node:http";
import { text } from "node:stream/consumers";

export interface Answer {
  readonly body: string;
  /** From connecting to the answer's end. */
  readonly milliseconds: number;
}

export async function answer(socketPath: string, path: string): Promise<Answer> {
  const startedMs = performance.now();
  const asked = request({ socketPath, path, agent: false });
  asked.end();
  const [response] = await once(asked, "response");
  const body = await text(response);
  return { body, milliseconds: performance.now() - startedMs };
}
