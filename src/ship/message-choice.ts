// Which message an endpoint's receiver gets. One that does not take remote-write 2.0 gets 1.0 from then on, until the
// agent is started again or its configuration reloaded: the receiver may have been upgraded.

import type { ProtobufMessage } from "./endpoint-options.ts";
import type { HttpAnswer } from "../http/http-exchange.ts";
import type { Outcome } from "./outcome.ts";
import { toRequestV2 } from "./write-request-v2.ts";
import { judgeWritten } from "./written-count.ts";

/** A request body and the headers that name its message. */
export interface Encoded {
  readonly body: Uint8Array;
  readonly contentType: string;
  /** X-Prometheus-Remote-Write-Version. */
  readonly version: string;
}

/** An answer, and what it means by itself; null where none was asked for. */
export interface Answered {
  readonly answer: HttpAnswer | null;
  readonly outcome: Outcome;
}

/** Told what an operator should know of remote-write 2.0 at an endpoint. */
export interface MessageEvents {
  /** Called once, until the message is tried again. */
  fellBack(reason: string): void;
  /** A 2xx answer said that fewer samples were written than sent. */
  short(): void;
}

export type Send = (encoded: Encoded) => Promise<Answered>;

const encodedV1 = (body: Uint8Array): Encoded => ({ body, contentType: "application/x-protobuf", version: "0.1.0" });

const CONTENT_TYPE_V2 = "application/x-protobuf;proto=io.prometheus.write.v2.Request";

export class MessageChoice {
  readonly #message: ProtobufMessage;
  readonly #events: MessageEvents;
  #fellBack = false;

  constructor(message: ProtobufMessage, events: MessageEvents) {
    this.#message = message;
    this.#events = events;
  }

  /** Forgets what was learnt of the receiver. */
  reset(): void {
    this.#fellBack = false;
  }

  /** Sends `body`, a stored 1.0 request, as the message that the receiver takes. */
  async deliver(body: Uint8Array, send: Send): Promise<Answered> {
    if (this.#message === "prometheus.WriteRequest" || this.#fellBack) return await send(encodedV1(body));
    const request = toRequestV2(body);
    const first = await send({ body: request.body, contentType: CONTENT_TYPE_V2, version: "2.0.0" });
    // Wrong credentials, a redirect, a captive portal's page: nothing of it is about the message.
    const isElsewhere = first.outcome.kind === "hold" && first.answer?.status !== 415;
    if (first.answer === null || isElsewhere) return first;
    const verdict = judgeWritten(first.answer, request.samples);
    switch (verdict.kind) {
      case "written":
        return first;
      case "short":
        this.#events.short();
        return { ...first, outcome: { kind: "hold", reason: verdict.reason } };
      case "unsupported":
        this.#fallBack(verdict.reason);
        return await send(encodedV1(body));
      case "doubtful":
        return await this.#tryV1(body, first, send);
    }
  }

  /** What the receiver says of 1.0 is of the samples, unless it does not know 1.0. */
  async #tryV1(body: Uint8Array, first: Answered, send: Send): Promise<Answered> {
    const second = await send(encodedV1(body));
    if (second.outcome.kind === "hold") return first;
    if (second.outcome.kind === "accepted") this.#fallBack("HTTP 400, while it accepts the same as 1.0");
    return second;
  }

  #fallBack(reason: string): void {
    this.#fellBack = true;
    this.#events.fellBack(reason);
  }
}
