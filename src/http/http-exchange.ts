// One POST, and the beginning of its answer. Redirects are not followed.

import type { Readable } from "node:stream";
import { type Dispatcher, request } from "undici";
import type { Clock } from "../model/time.ts";
import { clockSkewMs } from "./clock-skew.ts";
import { type Answer, header } from "./answer.ts";

export interface HttpRequest {
  readonly url: string;
  readonly dispatcher: Dispatcher;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
  readonly signal: AbortSignal;
  /** What is read of the answer's body; a longer one is cut off, and its connection with it. */
  readonly answerBytes: number;
}

export interface HttpAnswer extends Answer {
  /** Local minus remote time; null where the answer does not tell. */
  readonly skewMs: number | null;
}

/** An answer, and whether it is longer than what was read of it. */
export interface ReadAnswer extends HttpAnswer {
  readonly isCut: boolean;
}

/** Rejects on transport errors, and at once when the signal aborts. */
export async function post(options: HttpRequest, clock: Clock): Promise<ReadAnswer> {
  const { url, signal, answerBytes, ...rest } = options;
  const startMs = clock.now();
  const { statusCode, headers, body } = await unlessAborted(request(url, { method: "POST", signal, ...rest }), signal);
  const skewMs = clockSkewMs(header(headers, "date"), startMs, clock.now());
  return { status: statusCode, headers, ...(await readStart(body, answerBytes)), skewMs };
}

/** undici looks at a signal only once it is connected, and connecting, through a proxy too, may take long. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = deferred();
  const abort = (): void => reject(new Error("aborted"));
  signal.addEventListener("abort", abort);
  if (signal.aborted) abort();
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function deferred(): { readonly promise: Promise<never>; readonly reject: (error: Error) => void } {
  let reject = (_error: Error): void => {};
  const promise = new Promise<never>((_resolve, fail) => {
    reject = fail;
  });
  return { promise, reject };
}

/** The first `limit` bytes as text, a character that is cut in two left out. */
async function readStart(body: Readable, limit: number): Promise<Pick<ReadAnswer, "body" | "isCut">> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > limit) break;
  }
  const text = new TextDecoder().decode(Buffer.concat(chunks).subarray(0, limit), { stream: true });
  return { body: text, isCut: length > limit };
}
