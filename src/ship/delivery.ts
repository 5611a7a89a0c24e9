// One request on its way to one endpoint: as a whole where the receiver takes it, else in parts, down to the samples that
// it does not take. Nothing is durable before all of it is resolved: after a crash it starts over, which is harmless.

import { oneLine } from "../http/answer.ts";
import type { Clock } from "../model/time.ts";
import type { Refusal } from "./backoff.ts";
import { EMPTY_REQUEST } from "./cut-request.ts";
import { Division, type Part, sizeOf } from "./division.ts";
import type { Outcome } from "./outcome.ts";
import type { OutboxRequest } from "./outbox.ts";
import type { PartSize } from "./part-size.ts";
import type { ProvenStatus } from "./proven-status.ts";
import type { Pusher } from "./pusher.ts";
import { blamesSample, type RefusedSample, refusedSample } from "./refused-sample.ts";
import type { Exchange } from "./remote-write-client.ts";
import { RequestParts } from "./request-parts.ts";
import { Suspicion } from "./suspicion.ts";

/** What a step came to. */
export type Step =
  /** Every sample is accepted or refused by itself, and the receiver is well. */
  | { readonly kind: "resolved" }
  /** A part is accepted, */
  | { readonly kind: "accepted" }
  /** or refused and taken apart: go on at once. */
  | { readonly kind: "divided"; readonly reason: string }
  | Refusal;

interface RefusedPart {
  readonly part: Part;
  readonly exchange: Exchange;
  readonly reason: string;
}

export interface DeliveryDependencies {
  readonly pusher: Pick<Pusher, "push">;
  readonly partSize: PartSize;
  readonly proven: ProvenStatus;
  readonly clock: Clock;
  /** Called when the request is first taken apart. */
  readonly begins: (reason: string) => void;
}

const MINUTE_MS = 60_000;
/** For how long what a receiver takes at once is remembered. A rate limit has other moments than a size limit. */
const SIZE_LIMIT_MS = 60 * MINUTE_MS;
const RATE_LIMIT_MS = 5 * MINUTE_MS;
/** Up to so many refused samples are pushed once more; beyond it, which is mostly all of a request, only after a 5xx. */
const FEW = 64;

export class Delivery {
  readonly request: OutboxRequest;
  readonly #dependencies: DeliveryDependencies;
  readonly #parts: RequestParts;
  readonly #suspicion: Suspicion;
  #division: Division;
  #refused = new Map<number, RefusedSample>();
  /** The smallest part that was accepted. */
  #witness: Uint8Array | null = null;
  /** Samples of the largest part that was accepted. */
  #largest = 0;
  /** Refused samples are pushed once more: a receiver has bad moments. */
  #confirming = false;
  #begun = false;
  #attempt = 0;
  #pushes = 0;

  constructor(request: OutboxRequest, dependencies: DeliveryDependencies) {
    this.request = request;
    this.#dependencies = dependencies;
    this.#parts = new RequestParts(request);
    this.#suspicion = new Suspicion(dependencies.proven);
    this.#division = this.#newDivision();
  }

  /** In the order of the request; final when a step has resolved it. */
  get refused(): readonly RefusedSample[] {
    return [...this.#refused.values()].toSorted((a, b) => a.index - b.index);
  }

  /** Pushes so far, if the request was taken apart; else null. */
  get pushes(): number | null {
    return this.#begun ? this.#pushes : null;
  }

  /** Pushes the next part once. Never rejects; ends soon after `stop` aborts. */
  async step(stop: AbortSignal): Promise<Step> {
    try {
      const part = this.#next();
      return part === null ? await this.#finish(stop) : await this.#deliver(part, stop);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return { kind: "hold", reason: `request ${this.request.id} cannot be taken apart: ${why}` };
    }
  }

  #next(): Part | null {
    const part = this.#division.next();
    if (part !== null || this.#confirming) return part;
    this.#confirming = this.#isProvable();
    if (!this.#confirming) return null;
    const { refused } = this;
    const again = refused.length <= FEW ? refused : refused.filter(isDoubtful);
    this.#division = new Division(again.map(({ index }) => ({ from: index, to: index + 1 })));
    return this.#division.next();
  }

  async #deliver(part: Part, stop: AbortSignal): Promise<Step> {
    const body = this.#parts.body(part);
    const exchange = await this.#push({ body, samples: sizeOf(part), attempt: this.#attempt++ }, stop);
    const { outcome, status } = exchange;
    if (outcome.kind === "accepted") return this.#accepted(part, body);
    // Nothing more is pushed then: what is in flight has had the time that there is.
    if (stop.aborted) return { kind: "retry", reason: outcome.reason, retryAfterMs: null };
    this.#suspicion.answered(status, this.#now());
    return this.#judge(outcome, { part, exchange, reason: outcome.reason }, stop);
  }

  #accepted(part: Part, body: Uint8Array): Step {
    if (this.#witness === null || body.length < this.#witness.length) this.#witness = body;
    this.#largest = Math.max(this.#largest, sizeOf(part));
    this.#division.accepted();
    if (this.#confirming) this.#refused.delete(part.from);
    this.#nextPush();
    const isDone = this.#refused.size === 0 && this.#division.next() === null;
    return isDone ? this.#allAccepted() : { kind: "accepted" };
  }

  async #judge(
    outcome: Exclude<Outcome, { kind: "accepted" }>,
    refused: RefusedPart,
    stop: AbortSignal,
  ): Promise<Step> {
    const { status } = refused.exchange;
    const single = sizeOf(refused.part) === 1;
    switch (outcome.kind) {
      case "hold":
        return outcome;
      case "suspect":
        return this.#blame(refused, stop);
      case "split":
        return single ? this.#blame(refused, stop) : this.#shrink(refused, SIZE_LIMIT_MS);
      case "retry":
        if (this.#suspicion.isSuspicious(status, this.#now())) return this.#blame(refused, stop);
        // It is still to be waited for.
        if (!single && this.#suspicion.isThrottled(status, this.#now())) this.#shrink(refused, RATE_LIMIT_MS);
        return outcome;
    }
  }

  /** Parts get smaller without suspicion, those of the next requests too. */
  #shrink({ part, reason }: RefusedPart, rememberMs: number): Step {
    this.#dependencies.partSize.learn(this.#division.shrink(part), this.#now() + rememberMs);
    return this.#divided(reason);
  }

  /** Something in the part is to blame, unless the receiver refuses everything. */
  async #blame({ part, exchange, reason }: RefusedPart, stop: AbortSignal): Promise<Step> {
    const { status, words } = exchange;
    const broken = this.#suspicion.believes(status) ? null : await this.#canary(reason, stop);
    if (broken !== null) return broken;
    const [sample] = this.#parts.samples(part);
    const code = status ?? 0;
    this.#suspicion.believe(code);
    if (this.#division.refused() && sample !== undefined) {
      const refusal = { code, words, refusedMs: this.#now() };
      this.#refused.set(part.from, refusedSample(sample, part.from, refusal));
    }
    return this.#divided(reason);
  }

  #divided(reason: string): Step {
    if (!this.#begun) this.#dependencies.begins(reason);
    this.#begun = true;
    this.#nextPush();
    return { kind: "divided", reason };
  }

  /** A receiver that refuses a request without samples is down or misconfigured: null where it takes it. */
  async #canary(reason: string, stop: AbortSignal): Promise<Refusal | null> {
    const { outcome } = await this.#push({ body: EMPTY_REQUEST, samples: 0, attempt: 0 }, stop);
    if (outcome.kind === "accepted") return null;
    if (outcome.kind === "retry") return outcome;
    return { kind: "hold", reason: `${reason}; an empty request is refused too: ${outcome.reason}` };
  }

  async #finish(stop: AbortSignal): Promise<Step> {
    if (this.#refused.size === 0) return this.#allAccepted();
    return this.#isProvable() ? await this.#prove(stop) : this.#giveUp();
  }

  /** Parts of a request got through that did not as a whole: VictoriaMetrics says 400, not 413, to what is too large. */
  #allAccepted(): Step {
    const tooLarge = this.#suspicion.believesAny && this.#largest < this.request.samples;
    if (tooLarge) this.#dependencies.partSize.learn(this.#largest, this.#now() + SIZE_LIMIT_MS);
    return { kind: "resolved" };
  }

  /**
   * Before anything is parked the receiver must still be well: it takes an empty request, or, where samples are refused
   * with a 5xx that may be its own trouble (a full disk), one that it accepted before.
   */
  async #prove(stop: AbortSignal): Promise<Step> {
    const doubtful = this.refused.find(isDoubtful);
    const body = (doubtful === undefined ? null : this.#witness) ?? EMPTY_REQUEST;
    const { outcome, status } = await this.#push({ body, samples: 0, attempt: 0 }, stop);
    if (outcome.kind === "accepted") {
      if (doubtful !== undefined) this.#suspicion.proven(doubtful.code, this.#now());
      return { kind: "resolved" };
    }
    if (outcome.kind === "retry" && !this.#suspicion.believes(status)) return outcome;
    // What was refused meanwhile may be as good as anything.
    this.#startOver();
    if (outcome.kind === "retry") return outcome;
    return { kind: "hold", reason: `what was accepted before is refused now: ${outcome.reason}` };
  }

  /** Nothing got through, and the receiver's words are not of a sample: it may as well be broken. */
  #giveUp(): Step {
    const [first] = this.refused;
    this.#startOver({ unproven: true });
    const said = oneLine(first?.words ?? "");
    return {
      kind: "hold",
      reason: `HTTP ${first?.code} for every sample of the request, nothing gets through: ${said}`,
    };
  }

  #isProvable(): boolean {
    return this.#witness !== null || this.refused.every((one) => !isDoubtful(one) || blamesSample(one.words));
  }

  #startOver({ unproven } = { unproven: false }): void {
    this.#suspicion.startOver(this.#now(), { unproven });
    this.#division = this.#newDivision();
    this.#refused = new Map();
    this.#witness = null;
    this.#largest = 0;
    this.#confirming = false;
    this.#nextPush();
  }

  #newDivision(): Division {
    const { partSize } = this.#dependencies;
    return new Division([{ from: 0, to: this.request.samples }], partSize.at(this.#now()));
  }

  #nextPush(): void {
    this.#attempt = 0;
    this.#suspicion.nextPush();
  }

  #push(push: Parameters<Pusher["push"]>[0], stop: AbortSignal): Promise<Exchange> {
    this.#pushes += 1;
    return this.#dependencies.pusher.push(push, stop);
  }

  #now(): number {
    return this.#dependencies.clock.now();
  }
}

function isDoubtful({ code }: RefusedSample): boolean {
  return code >= 500;
}
