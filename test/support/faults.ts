// What goes wrong at a receiver, fault after fault, random but for its seed: connections refused or cut, answers that are
// late or wrong, before or after the samples were stored. The receiver's port is open only while it listens.

import { setTimeout as sleep } from "node:timers/promises";
import { WINDOW_MS } from "./edge.ts";
import { exposePort } from "./namespace-port.ts";
import type { Namespace } from "./netns.ts";
import {
  type Answer,
  type ReceivedRequest,
  type ReceivedSample,
  type Receiver,
  samplesOf,
  seriesKey,
} from "./receiver.ts";
import type { SeededRandom } from "./seeded-random.ts";
import { waitFor } from "./wait-for.ts";

/** `remote_timeout` of an endpoint with faults: what hangs does so for longer. */
export const REMOTE_TIMEOUT_MS = 1_000;
const HANG_MS = 1_500;
const LARGE = 40;
/** A fault waits so long for a request, then for its time. */
const UNMET_MS = WINDOW_MS + 1_000;
/** An outage is of windows enough to be joined; behind it all is well for long enough that a restarted agent catches up. */
const OUTAGE_MS = 16_000;
const RECOVERY_MS = 4_000;
/** From one outage to the next. */
const CALM_MS = 4_000;

interface Fault {
  readonly name: string;
  /** Absent: connections are refused. */
  readonly answer?: Answer;
  /** Hits requests of more samples only. An empty request finds out whether a receiver is broken. */
  readonly above?: number;
  /** Lasts for a single request at most. */
  readonly once?: boolean;
}

const BRIEF: readonly Fault[] = [
  { name: "refuses" },
  { name: "hangs, then stores", answer: { status: 204, delayMs: HANG_MS } },
  { name: "hangs", answer: { status: 500, delayMs: HANG_MS } },
  { name: "500", answer: { status: 500, body: "out of luck" } },
  { name: "503", answer: { status: 503 } },
  { name: "429", answer: { status: 429, headers: { "retry-after": "1" } } },
  { name: "400 to all that is large", answer: { status: 400, body: "no" }, above: LARGE },
  { name: "413 to all that is large", answer: { status: 413 }, above: LARGE },
  { name: "drops before storing", answer: { status: 500, drop: "before-answer" } },
  { name: "drops after storing", answer: { status: 204, drop: "before-answer" } },
  { name: "drops in the answer", answer: { status: 500, drop: "mid-answer" } },
  { name: "500 once", answer: { status: 500 }, once: true },
  { name: "503 once", answer: { status: 503 }, once: true },
  { name: "429 once", answer: { status: 429, headers: { "retry-after": "1" } }, once: true },
  { name: "400 once", answer: { status: 400, body: "no" }, above: 1, once: true },
  { name: "413 once", answer: { status: 413 }, above: 1, once: true },
  { name: "stores, then drops once", answer: { status: 204, drop: "before-answer" }, once: true },
];
/** An operator's errors: the next probe comes a minute later. */
const LASTING: readonly Fault[] = [
  { name: "400 to everything", answer: { status: 400, body: "no" } },
  { name: "401 to everything", answer: { status: 401 } },
  { name: "404 to everything", answer: { status: 404 } },
];

export interface FaultsOptions {
  readonly receiver: Receiver;
  /** Where the receiver is reached from. */
  readonly namespace: Namespace;
  readonly random: SeededRandom;
  /** The longest fault; above 30 s a 500 is taken for a sample's. */
  readonly maxMs: number;
  /** Whether the endpoint may be put on hold, for a minute each time. */
  readonly holds: boolean;
  /** Whether there are outages: nothing is answered well, one fault behind the other. */
  readonly outages: boolean;
  readonly progress?: ((line: string) => void) | undefined;
}

export class Faults implements AsyncDisposable {
  /** Requests that each fault hit; for refused connections how often there were none to be had. */
  readonly hits = new Map<string, number>();
  /** Requests that were answered well and had counters of several windows. */
  joined = 0;
  /** An outage from here to the end. */
  isAway = false;
  /** Samples that are refused with 400 all the time, alone or with all that is in their request. */
  poisoned: (sample: ReceivedSample) => boolean = () => false;
  readonly #options: FaultsOptions;
  readonly #kinds: readonly Fault[];
  readonly #ending = new AbortController();
  readonly #isPartial: boolean;
  #exposure: AsyncDisposable | null = null;
  #left: Fault[] = [];
  #fault: Fault | null = null;
  #inOutage = false;
  /** When an outage begins, or ends. */
  #turnMs = Date.now() + CALM_MS;
  #loop: Promise<void> = Promise.resolve();

  private constructor(options: FaultsOptions) {
    this.#options = options;
    this.#kinds = options.holds ? [...BRIEF, ...LASTING] : BRIEF;
    this.#isPartial = options.random.chance(0.5);
    options.receiver.rule = (request) => this.#answer(request);
  }

  static async start(options: FaultsOptions): Promise<Faults> {
    const faults = new Faults(options);
    await faults.#open();
    faults.#loop = faults.#run();
    faults.#loop.catch(() => undefined);
    return faults;
  }

  /** The receiver is healthy from here on, but for poisoned samples. */
  async end(): Promise<void> {
    this.#ending.abort();
    await this.#loop;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end().catch(() => undefined);
    await this.#exposure?.[Symbol.asyncDispose]();
  }

  async #run(): Promise<void> {
    const { random, maxMs, progress } = this.#options;
    while (!this.#ending.signal.aborted) {
      if (this.#options.outages && !this.isAway && Date.now() >= this.#turnMs) await this.#turn();
      if (!this.#isOut) await this.#wait(random.between(100, 1_500));
      const fault = this.#next();
      // Long faults are rare: one of maxMs is followed by a back-off of as long.
      const forMs = 500 + random.between(0, 1) ** 2 * (maxMs - 500);
      progress?.(`fault: ${fault?.name}${fault?.once === true ? "" : `, ${Math.round(forMs)} ms`}`);
      await this.#during(fault, forMs);
    }
  }

  async #during(fault: Fault | undefined, forMs: number): Promise<void> {
    if (fault === undefined || this.#ending.signal.aborted) return;
    const before = this.hits.get(fault.name);
    this.#fault = fault;
    if (fault.answer === undefined) await this.#close();
    const isMet = (): boolean => this.hits.get(fault.name) !== before || this.#ending.signal.aborted;
    await waitFor("a request", isMet, { timeoutMs: UNMET_MS }).catch(() => undefined);
    if (fault.once !== true) await this.#wait(forMs);
    // In an outage the next fault takes over, and there is no moment between.
    if (!this.#isOut) this.#fault = null;
    await this.#open();
  }

  /** All kinds in an order of this run's own, then in another one; in an outage those that spare no request. */
  #next(): Fault | undefined {
    const fits = (fault: Fault): boolean => !this.#isOut || (fault.above === undefined && fault.once !== true);
    if (!this.#left.some(fits)) this.#left = [...this.#kinds];
    const fitting = this.#left.filter(fits);
    const next = fitting[this.#options.random.whole(0, fitting.length - 1)];
    this.#left = this.#left.filter((fault) => fault !== next);
    return next;
  }

  get #isOut(): boolean {
    return !this.#ending.signal.aborted && (this.isAway || this.#inOutage);
  }

  async #turn(): Promise<void> {
    this.#inOutage = !this.#inOutage;
    this.#options.progress?.(this.#inOutage ? "outage" : "recovery");
    if (!this.#inOutage) {
      this.#fault = null;
      await this.#wait(RECOVERY_MS);
    }
    this.#turnMs = Date.now() + (this.#inOutage ? OUTAGE_MS : CALM_MS);
  }

  #answer(request: ReceivedRequest): Answer | null {
    const samples = samplesOf(request);
    const poison = samples.some(this.poisoned);
    const isHit = samples.length > (this.#fault?.above ?? -1);
    const fault = isHit ? this.#fault : null;
    if (fault !== null) this.#hit(fault);
    if (fault?.once === true) this.#fault = null;
    if (fault === null && !poison && isJoined(request)) this.joined += 1;
    if (this.#isOut && fault !== null && fault.answer === undefined) return { status: 503 };
    const answer = fault?.answer ?? (poison ? { status: 400, body: "a sample is not to my taste" } : { status: 204 });
    return { ...answer, stores: this.#storing(answer, fault === null && this.#isPartial) };
  }

  /** Whatever becomes of the answer, nobody stores what is poisoned. */
  #storing({ status }: Answer, isPartial: boolean): (sample: ReceivedSample) => boolean {
    return (sample) => (status < 300 || isPartial) && !this.poisoned(sample);
  }

  #hit({ name }: Fault): void {
    this.hits.set(name, (this.hits.get(name) ?? 0) + 1);
  }

  async #open(): Promise<void> {
    const { namespace, receiver } = this.#options;
    this.#exposure ??= await exposePort(namespace, receiver.port);
  }

  async #close(): Promise<void> {
    await this.#exposure?.[Symbol.asyncDispose]();
    this.#exposure = null;
    this.#hit({ name: "refuses" });
  }

  /** Until the end at the latest. */
  async #wait(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#ending.signal }).catch(() => undefined);
  }
}

function isJoined({ series }: ReceivedRequest): boolean {
  return series.some((one) => one.samples.length > 1 && seriesKey(one).startsWith("acct_bytes_total{"));
}
