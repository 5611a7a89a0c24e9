// Traffic that goes on from window to window, whoever counts it, with its ground truth: each window's bursts keep clear
// of the window's edges, so that it is beyond doubt which window a packet belongs to.

import { type Burst, flowsOf, trafficOptions } from "./burst.ts";
import { WINDOW_MS } from "./edge.ts";
import type { GroundTruth } from "./ground-truth.ts";
import type { Link } from "./link.ts";
import { Traffic, type TrafficResult } from "./traffic.ts";
import { waitFor } from "./wait-for.ts";

/** How far from a window's edges frames leave: the kernel's clock is late by 10 ms at most, the rest is for a slow machine. */
const MARGIN_MS = 200;
/** How far from the edges they must have left, or the truth is none. */
const LEAST_MARGIN_MS = 100;
/** A window that is joined later than this is left out. */
const LATEST_JOIN_MS = 2_500;

/** The bursts of the window that starts at `startMs`. */
export type TrafficPlan = (startMs: number) => readonly Burst[];

export interface WindowTrafficOptions {
  readonly link: Link;
  readonly plan: TrafficPlan;
  /** Takes what was sent. */
  readonly truth: GroundTruth;
}

export class WindowTraffic implements AsyncDisposable {
  readonly #options: WindowTrafficOptions;
  readonly #stopping = new AbortController();
  readonly #running = new Set<Traffic>();
  readonly #taken = { edge: 0, peer: 0 };
  #loop: Promise<void> = Promise.resolve();

  private constructor(options: WindowTrafficOptions) {
    this.#options = options;
  }

  /** Sends in this window if it is young enough, and in each one after it. */
  static start(options: WindowTrafficOptions): WindowTraffic {
    const traffic = new WindowTraffic(options);
    traffic.#loop = traffic.#runAndCheck();
    // Where nobody asks for it any more, the test has failed already.
    traffic.#loop.catch(() => undefined);
    return traffic;
  }

  /** Ends the senders. The truth is then complete; throws where what was sent is in doubt. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([...this.#running].map((one) => one.stop()));
    await this.#loop;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop().catch(() => undefined);
  }

  async #runAndCheck(): Promise<void> {
    const { edge, peer } = this.#options.link;
    const before = { edge: await edge.counters(), peer: await peer.counters() };
    await this.#run();
    const after = { edge: await edge.counters(), peer: await peer.counters() };
    this.#check("peer", after.edge.rx.packets - before.edge.rx.packets);
    this.#check("edge", after.peer.rx.packets - before.peer.rx.packets);
  }

  async #run(): Promise<void> {
    let startMs = currentWindow();
    while (!this.#stopping.signal.aborted) {
      const dueMs = startMs + MARGIN_MS;
      const isDue = (): boolean => Date.now() >= dueMs || this.#stopping.signal.aborted;
      await waitFor("the next window", isDue, { timeoutMs: 2 * WINDOW_MS });
      if (!this.#stopping.signal.aborted) await this.#sendWindow(startMs);
      startMs = Math.max(startMs + WINDOW_MS, currentWindow());
    }
  }

  async #sendWindow(startMs: number): Promise<void> {
    this.#options.truth.add(startMs, []);
    await Promise.all(this.#options.plan(startMs).map((burst) => this.#send(burst, startMs)));
  }

  async #send(burst: Burst, startMs: number): Promise<void> {
    const { link, truth } = this.#options;
    const traffic = await Traffic.start(link[burst.from], trafficOptions(burst, startMs + WINDOW_MS - MARGIN_MS));
    this.#running.add(traffic);
    if (this.#stopping.signal.aborted) await traffic.stop();
    const result = await traffic.result;
    this.#running.delete(traffic);
    if (result.sent === 0) return;
    assertWithin(result, startMs);
    truth.add(startMs, flowsOf(burst, result.sent));
    this.#taken[burst.from] += result.sent;
  }

  /** A frame that a queue dropped was sent for the sender and not for the other end. */
  #check(from: "edge" | "peer", received: number): void {
    if (received !== this.#taken[from])
      throw new Error(`${from} sent ${this.#taken[from]} frames and the other end's interface received ${received}`);
  }
}

function currentWindow(): number {
  const now = Date.now();
  const startMs = Math.floor(now / WINDOW_MS) * WINDOW_MS;
  return now - startMs <= LATEST_JOIN_MS ? startMs : startMs + WINDOW_MS;
}

function assertWithin({ startedMs, endedMs }: TrafficResult, windowMs: number): void {
  if (startedMs >= windowMs + LEAST_MARGIN_MS && endedMs <= windowMs + WINDOW_MS - LEAST_MARGIN_MS) return;
  const [from, to] = [startedMs - windowMs, endedMs - windowMs];
  throw new Error(`the machine is too slow to tell: a burst went from ${from} to ${to} ms of a window of ${WINDOW_MS}`);
}
