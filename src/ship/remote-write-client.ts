// Pushes one request by remote-write 1.0 or 2.0. Whatever happens is an outcome; redirects are never followed, and no
// secret is in what it says.

import type { Clock } from "../model/time.ts";
import type { EndpointOptions } from "./endpoint-options.ts";
import { type Answered, type Encoded, MessageChoice, type MessageEvents } from "./message-choice.ts";
import type { Outcome } from "./outcome.ts";
import { Secrets } from "../http/secrets.ts";
import { Sender } from "./sender.ts";
import { transportFailure } from "../http/transport-failure.ts";
import { Deadline } from "./wait.ts";

export interface Exchange {
  /** The HTTP status; null where no complete answer came. */
  readonly status: number | null;
  readonly outcome: Outcome;
  /** What the receiver said: the first KiB of its answer's body. */
  readonly words: string;
  /** Local minus remote time; null where the answer does not tell. */
  readonly skewMs: number | null;
}

export interface RemoteWriteClientDependencies {
  readonly clock: Clock;
  /** The agent's version, for User-Agent. */
  readonly version: string;
  /** Default: nobody is told. */
  readonly events?: MessageEvents;
}

const NO_EVENTS: MessageEvents = { fellBack: () => {}, short: () => {} };
/** What a request in flight gets to finish when the agent stops. */
const STOP_GRACE_MS = 5000;

export class RemoteWriteClient implements AsyncDisposable {
  readonly #options: EndpointOptions;
  readonly #secrets = new Secrets();
  readonly #sender: Sender;
  readonly #choice: MessageChoice;

  constructor(options: EndpointOptions, { clock, version, events = NO_EVENTS }: RemoteWriteClientDependencies) {
    this.#options = options;
    this.#sender = new Sender(options, { clock, userAgent: `acct-agent/${version}`, secrets: this.#secrets });
    this.#choice = new MessageChoice(options.protobufMessage, events);
  }

  /** Tries what was found not to work again: the configuration was reloaded. */
  reset(): void {
    this.#choice.reset();
  }

  /**
   * Sends `body`, a stored 1.0 request; `attempt` is 0 for the first time. Never rejects. Ends at the latest 5 s after
   * `stop` aborts.
   */
  async send(body: Uint8Array, attempt: number, stop: AbortSignal): Promise<Exchange> {
    using deadline = new Deadline({ afterMs: this.#options.timeoutMs, stop, graceMs: STOP_GRACE_MS });
    const { signal } = deadline;
    try {
      const send = (encoded: Encoded): Promise<Answered> => this.#sender.send(encoded, { number: attempt, signal });
      return this.#exchange(await this.#choice.deliver(body, send));
    } catch (error) {
      // Transport errors are what a network does: the request stays pending and the reason reaches the log.
      return this.#exchange({ answer: null, outcome: this.#failure(error, signal.aborted, stop.aborted) });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sender[Symbol.asyncDispose]();
  }

  #exchange({ answer, outcome }: Answered): Exchange {
    const { status = null, body: words = "", skewMs = null } = answer ?? {};
    if (outcome.kind === "accepted") return { status, outcome, words, skewMs };
    return { status, outcome: { ...outcome, reason: this.#secrets.redact(outcome.reason) }, words, skewMs };
  }

  #failure(error: unknown, aborted: boolean, stopped: boolean): Outcome {
    const { host } = new URL(this.#options.url);
    const retry = (reason: string): Outcome => ({ kind: "retry", reason, retryAfterMs: null });
    if (!aborted) return transportFailure(error, host);
    if (stopped) return retry(`stopped before ${host} answered`);
    return retry(`no complete answer from ${host} within ${this.#options.timeoutMs} ms`);
  }
}
