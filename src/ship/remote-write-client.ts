// One POST of one request by remote-write 1.0. Whatever happens is an outcome; redirects are never followed.

import type { Readable } from "node:stream";
import { request } from "undici";
import type { Clock } from "../model/time.ts";
import { Authorization } from "./authorization.ts";
import type { EndpointOptions } from "./endpoint-options.ts";
import { type Outcome, classify } from "./outcome.ts";
import { Transport } from "./transport.ts";
import { transportReason } from "./transport-reason.ts";
import { Deadline } from "./wait.ts";
import { WatchedFileError } from "./watched-file.ts";

export interface Exchange {
  /** The HTTP status; null where no complete answer came. */
  readonly status: number | null;
  readonly outcome: Outcome;
}

export interface RemoteWriteClientDependencies {
  readonly clock: Clock;
  /** The agent's version, for User-Agent. */
  readonly version: string;
}

/** What is read of an answer's body. */
const ANSWER_BYTES = 1024;
/** What a request in flight gets to finish when the agent stops. */
const STOP_GRACE_MS = 5000;

export class RemoteWriteClient implements AsyncDisposable {
  readonly #options: EndpointOptions;
  readonly #dependencies: RemoteWriteClientDependencies;
  readonly #authorization: Authorization;
  readonly #transport: Transport;

  constructor(options: EndpointOptions, dependencies: RemoteWriteClientDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
    this.#authorization = new Authorization(options.auth);
    this.#transport = new Transport(options);
  }

  /** Sends `body`; `attempt` is 0 for the first time. Never rejects. Ends at the latest 5 s after `stop` aborts. */
  async send(body: Uint8Array, attempt: number, stop: AbortSignal): Promise<Exchange> {
    using deadline = new Deadline({ afterMs: this.#options.timeoutMs, stop, graceMs: STOP_GRACE_MS });
    try {
      return await this.#post(body, attempt, deadline.signal);
    } catch (error) {
      // Transport errors are what a network does: the request stays pending and the reason reaches the log.
      return { status: null, outcome: this.#failure(error, deadline.signal.aborted, stop.aborted) };
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#transport[Symbol.asyncDispose]();
  }

  async #post(body: Uint8Array, attempt: number, signal: AbortSignal): Promise<Exchange> {
    const dispatcher = await this.#transport.agent();
    const headers = await this.#headers(attempt);
    const answer = await request(this.#options.url, { method: "POST", dispatcher, headers, body, signal });
    const text = await readStart(answer.body, ANSWER_BYTES);
    const { statusCode: status } = answer;
    return {
      status,
      outcome: classify({ status, headers: answer.headers, body: text }, this.#dependencies.clock.now()),
    };
  }

  /** The protocol's headers win over configured ones (remote-write 1.0, section "Protocol"). */
  async #headers(attempt: number): Promise<Record<string, string>> {
    const configured = Object.entries(this.#options.headers).map(([name, value]) => [name.toLowerCase(), value]);
    const authorization = await this.#authorization.header();
    return {
      ...Object.fromEntries(configured),
      ...(authorization === null ? {} : { authorization }),
      ...(attempt === 0 ? {} : { "retry-attempt": String(attempt) }),
      "content-encoding": "snappy",
      "content-type": "application/x-protobuf",
      "user-agent": `acct-agent/${this.#dependencies.version}`,
      "x-prometheus-remote-write-version": "0.1.0",
    };
  }

  #failure(error: unknown, aborted: boolean, stopped: boolean): Outcome {
    if (error instanceof WatchedFileError) return { kind: "hold", reason: error.message };
    const { host } = new URL(this.#options.url);
    const retry = (reason: string): Outcome => ({ kind: "retry", reason, retryAfterMs: null });
    if (!aborted) return retry(transportReason(error, host));
    if (stopped) return retry(`stopped before ${host} answered`);
    return retry(`no complete answer from ${host} within ${this.#options.timeoutMs} ms`);
  }
}

/** The first `limit` bytes as text; a longer body is cut off, and its connection with it. */
async function readStart(body: Readable, limit: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > limit) break;
  }
  return Buffer.concat(chunks).subarray(0, limit).toString("utf8");
}
