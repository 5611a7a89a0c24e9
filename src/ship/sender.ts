// One remote-write request to one endpoint, in whichever message, and what its answer means.

import { HttpClient, type HttpClientDependencies } from "../http/http-client.ts";
import type { EndpointOptions } from "./endpoint-options.ts";
import type { Answered, Encoded } from "./message-choice.ts";
import { classify } from "./outcome.ts";

/** What all requests of one exchange share. */
export interface Attempt {
  /** 0 for the first time. */
  readonly number: number;
  readonly signal: AbortSignal;
}

/** What is read of an answer's body. */
const ANSWER_BYTES = 1024;

export class Sender implements AsyncDisposable {
  readonly #url: string;
  readonly #dependencies: HttpClientDependencies;
  readonly #client: HttpClient;

  constructor(options: EndpointOptions, dependencies: HttpClientDependencies) {
    this.#url = options.url;
    this.#dependencies = dependencies;
    this.#client = new HttpClient(options, dependencies);
  }

  /** Rejects on transport errors. */
  async send({ body, contentType, version }: Encoded, { number, signal }: Attempt): Promise<Answered> {
    // The protocol's headers win over configured ones (remote-write 1.0, section "Protocol").
    const headers = {
      ...(number === 0 ? {} : { "retry-attempt": String(number) }),
      "content-encoding": "snappy",
      "content-type": contentType,
      "x-prometheus-remote-write-version": version,
    };
    const request = { url: this.#url, headers, body, answerBytes: ANSWER_BYTES };
    const posted = await this.#client.post(request, signal);
    if (!posted.ok) return { answer: null, outcome: posted.failure };
    return { answer: posted.answer, outcome: classify(posted.answer, this.#dependencies.clock.now()) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]();
  }
}
