// One endpoint: drains its part of the outbox on its schedule, in order, one request in flight. The cursor moves past a
// request when each of its samples is accepted, or refused by itself and kept as a dead letter.

import { ColumnGarbage } from "../lib/column-garbage.ts";
import type { Clock } from "../model/time.ts";
import type { Log } from "../telemetry/log.ts";
import { type Refusal, waitAfterMs } from "./backoff.ts";
import { CatchUp } from "./catch-up.ts";
import { ClockGuard } from "./clock-guard.ts";
import { Delivery, type Step } from "./delivery.ts";
import type { EndpointOptions, ProtobufMessage } from "./endpoint-options.ts";
import { type EndpointState, EndpointStatus } from "./endpoint-status.ts";
import { nextRun } from "./next-run.ts";
import { oneLine } from "../http/answer.ts";
import type { Outbox, OutboxRequest } from "./outbox.ts";
import { PartSize } from "./part-size.ts";
import { ProvenStatus } from "./proven-status.ts";
import { type Client, Pusher } from "./pusher.ts";
import { ReadAhead } from "./read-ahead.ts";
import type { RefusedSample } from "./refused-sample.ts";
import type { ShipMetrics } from "./ship-metrics.ts";
import { wait } from "./wait.ts";

export interface EndpointDependencies {
  readonly outbox: Outbox;
  readonly client: Client;
  readonly log: Log;
  readonly metrics: ShipMetrics;
  readonly clock: Clock;
  /** In [0, 1), for the jitter of the back-off. */
  readonly random: () => number;
}

/** A sample further ahead than this would make a receiver refuse the right ones that follow. */
const MAX_AHEAD_MS = 60_000;
/** Bodies that were delivered: most of a window of 65,536 addresses. */
const GARBAGE_BYTES = 4 * 1024 * 1024;
/** Of one joined request; as 2.0 it is encoded anew on the event loop, which takes 45 ms for 4,000 series. */
const MAX_JOINED_SAMPLES: Readonly<Record<ProtobufMessage, number>> = {
  "prometheus.WriteRequest": 20_000,
  "io.prometheus.write.v2.Request": 10_000,
};

type Options = Pick<EndpointOptions, "name" | "schedule" | "protobufMessage" | "catchUp">;

export class Endpoint {
  readonly #options: Options;
  readonly #dependencies: EndpointDependencies;
  readonly #log: Log;
  readonly #status: EndpointStatus;
  readonly #pusher: Pusher;
  readonly #partSize = new PartSize();
  readonly #proven = new ProvenStatus();
  readonly #garbage = new ColumnGarbage(GARBAGE_BYTES);
  readonly #catchUp: CatchUp;
  readonly #pending: ReadAhead;
  /** The oldest request, from its first push until its cursor is moved: what is known of it outlives a wait. */
  #delivery: Delivery | null = null;

  constructor(options: Options, dependencies: EndpointDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
    this.#log = dependencies.log.child({ endpoint: options.name });
    this.#status = new EndpointStatus(options.name, this.#log);
    this.#pusher = new Pusher(options.name, { ...dependencies, clockGuard: new ClockGuard(this.#log) });
    this.#catchUp = new CatchUp(options.catchUp);
    this.#pending = this.#readAhead();
  }

  get state(): EndpointState {
    return this.#status.state;
  }

  /** Tries again what was found not to work: the configuration was reloaded. */
  reset(): void {
    this.#catchUp.reset();
  }

  /** Resolves after `signal` aborts, when the request in flight has ended and what was accepted is durable. */
  async run(signal: AbortSignal): Promise<void> {
    this.#dependencies.metrics.begin(this.#options.name);
    while (!signal.aborted) {
      await nextRun(this.#options.schedule, signal);
      await this.#drain(signal);
    }
    await this.#flush();
  }

  async #flush(): Promise<void> {
    try {
      await this.#pending.flush();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#log.warn({ reason }, "accepted requests could not be noted: they are sent again after the next start");
    }
  }

  async #drain(signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      const step = await this.#advance(signal);
      if (step === null) return this.#status.idle();
      if (step.kind === "retry" || step.kind === "hold") {
        failures += 1;
        await this.#pause(step, failures, signal);
      } else failures = 0;
    }
  }

  async #pause(refusal: Refusal, failures: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const waitMs = waitAfterMs(refusal, failures, this.#dependencies.random());
    this.#status.refused(refusal, waitMs);
    await wait(waitMs, signal);
  }

  /** Pushes the oldest pending request, or the next part of it, once; null when there is none. */
  async #advance(signal: AbortSignal): Promise<Step | null> {
    try {
      if (this.#delivery !== null) return await this.#step(this.#delivery, signal);
      const request = await this.#pending.next();
      if (request === null) return null;
      return this.#aheadOfClock(request) ?? (await this.#deliver(request, signal));
    } catch (error) {
      // A ledger that is full or locked now must not end the agent: the request is still pending, and a repeat is harmless.
      const reason = `outbox: ${error instanceof Error ? error.message : String(error)}`;
      return { kind: "retry", reason, retryAfterMs: null };
    }
  }

  #deliver(request: OutboxRequest, signal: AbortSignal): Promise<Step> {
    const { joinedSamples } = request;
    if (joinedSamples !== undefined) return this.#pushJoined(request, joinedSamples, signal);
    return this.#step(this.#newDelivery(request), signal);
  }

  /** Once: what is not accepted is read again as it is stored. */
  async #pushJoined(request: OutboxRequest, samples: number, signal: AbortSignal): Promise<Step> {
    this.#status.sending();
    const { outcome, status } = await this.#pusher.push({ body: request.body, samples, attempt: 0 }, signal);
    if (outcome.kind === "accepted") return this.#joinedAccepted(request);
    if (signal.aborted) return { kind: "retry", reason: outcome.reason, retryAfterMs: null };
    this.#catchUp.joinedRefused({ status });
    this.#pending.restart();
    const { reason } = outcome;
    if (!this.#catchUp.isGivenUp && (outcome.kind === "retry" || outcome.kind === "hold")) return outcome;
    if (this.#catchUp.isGivenUp)
      this.#log.warn({ reason }, "endpoint does not take joined requests: it gets them as stored until a reload");
    return { kind: "divided", reason };
  }

  #joinedAccepted(request: OutboxRequest): Step {
    const wasProbe = this.#catchUp.form === "probe";
    this.#catchUp.joinedAccepted();
    this.#pending.accepted(request);
    if (wasProbe) this.#pending.restart();
    this.#count(request, 0);
    this.#status.accepted(this.#dependencies.clock.now());
    return { kind: "resolved" };
  }

  async #step(delivery: Delivery, signal: AbortSignal): Promise<Step> {
    this.#status.sending();
    const step = await delivery.step(signal);
    if (step.kind === "divided") this.#status.bisecting(step.reason);
    if (step.kind === "resolved") await this.#resolve(delivery);
    if (step.kind === "accepted" || step.kind === "resolved") this.#status.accepted(this.#dependencies.clock.now());
    return step;
  }

  #readAhead(): ReadAhead {
    const { name, protobufMessage } = this.#options;
    return new ReadAhead({
      endpoint: name,
      outbox: this.#dependencies.outbox,
      form: () => this.#catchUp.form,
      isStrict: () => this.#catchUp.form !== "joined",
      maxJoinedSamples: MAX_JOINED_SAMPLES[protobufMessage],
    });
  }

  #aheadOfClock(request: OutboxRequest): Refusal | null {
    if (request.windowEndMs <= this.#dependencies.clock.now() + MAX_AHEAD_MS) return null;
    const end = new Date(request.windowEndMs).toISOString();
    return { kind: "hold", reason: `a window that ends at ${end} is in the future: check this host's clock` };
  }

  #newDelivery(request: OutboxRequest): Delivery {
    const begins = (reason: string): void => this.#begins(request, reason);
    const { clock } = this.#dependencies;
    const dependencies = { pusher: this.#pusher, partSize: this.#partSize, proven: this.#proven, clock, begins };
    this.#delivery = new Delivery(request, dependencies);
    return this.#delivery;
  }

  #begins({ id, samples }: OutboxRequest, reason: string): void {
    this.#dependencies.metrics.bisections.inc({ endpoint: this.#options.name });
    this.#log.warn({ request: id, samples, reason }, "request not accepted as it is, sending it in parts");
  }

  async #resolve(delivery: Delivery): Promise<void> {
    const { metrics } = this.#dependencies;
    const { request, refused } = delivery;
    const endpoint = this.#options.name;
    if (refused.length > 0) {
      const dropped = await this.#pending.park(request, refused);
      metrics.samplesDropped.inc({ endpoint, reason: "dead_letter_limit" }, dropped);
    } else this.#pending.accepted(request);
    this.#delivery = null;
    this.#catchUp.storedAccepted();
    this.#status.resolved();
    this.#count(request, refused.length);
    for (const { code } of refused) metrics.samplesRejected.inc({ endpoint, code });
    if (delivery.pushes !== null) this.#ended(request, refused, delivery.pushes);
  }

  #count({ body, samples }: OutboxRequest, refused: number): void {
    this.#garbage.add(body.length);
    this.#dependencies.metrics.samplesAccepted.inc({ endpoint: this.#options.name }, samples - refused);
  }

  #ended({ id, samples }: OutboxRequest, refused: readonly RefusedSample[], pushes: number): void {
    const facts = { request: id, accepted: samples - refused.length, rejected: refused.length, pushes };
    const [first] = refused;
    if (first === undefined) return this.#log.info(facts, "request accepted in parts");
    const said = oneLine(first.words);
    this.#log.warn({ ...facts, code: first.code, said }, "samples not accepted: they are kept as dead letters");
  }
}
