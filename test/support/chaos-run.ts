// An agent that is killed again and again under traffic, with one receiver full of faults and one without: in the end
// both and the ledger hold what was sent, to the byte, and the good one never waited for the other. Used by
// chaos.test.ts for a minute and by scripts/soak.ts for as long as one likes.

import { setTimeout as sleep } from "node:timers/promises";
import type { AgentProcess } from "./agent-process.ts";
import { lagDifferences, letterDifferences, type Life, windowLags } from "./chaos-differences.ts";
import { endDifferences } from "./chaos-end.ts";
import { type Edge, WINDOW_MS } from "./edge.ts";
import { Faults, REMOTE_TIMEOUT_MS } from "./faults.ts";
import { GroundTruth } from "./ground-truth.ts";
import type { Expectation } from "./ledger-differences.ts";
import { ledgerDeadLetters, ledgerPending, ledgerPendingWindows, ledgerWindows } from "./ledger-rows.ts";
import { MIXED_NETWORKS, mixedNetworkOf, mixedPlan } from "./mixed-traffic.ts";
import { exposePort } from "./namespace-port.ts";
import type { ReceivedSample, Receiver } from "./receiver.ts";
import { SeededRandom } from "./seeded-random.ts";
import { waitFor } from "./wait-for.ts";
import { WindowTraffic } from "./window-traffic.ts";

/** A back-off and a hold end after a minute. */
const SETTLE_TIMEOUT_MS = 100_000;
/** One with the first window's metrics and the second one's, and two windows or more to join behind it. */
const BACKLOG_WINDOWS = 4;
const POISONED_SERIES = /^acct_bytes_total\{.*ip="10\.1\.0\.1"/;

export interface ChaosRunOptions {
  readonly edge: Edge;
  readonly chaos: Receiver;
  readonly steady: Receiver;
  readonly seed: number;
  readonly forMs: number;
  /** The longest fault and the longest time for which nothing runs. */
  readonly maxFaultMs: number;
  readonly maxPauseMs: number;
  /** Whether the receiver has faults that are probed once a minute. */
  readonly holds: boolean;
  /** Whether samples of one address are refused, from a third to two thirds of the time. */
  readonly poison: boolean;
  /** Whether the endpoint with faults may get several windows in one request; then there are outages of as many. */
  readonly batched: boolean;
  readonly progress?: (line: string) => void;
}

export interface ChaosRunResult {
  readonly kills: number;
  readonly windows: number;
  readonly packets: number;
  readonly deadLetters: number;
  /** Requests by fault. */
  readonly hits: Readonly<Record<string, number>>;
  /** Requests with counters of several windows that were accepted. */
  readonly joined: number;
  /** The longest that a window was on its way while an agent lived. */
  readonly lagMs: { readonly chaos: number; readonly steady: number };
  readonly differences: readonly string[];
}

/** Resolves when the receiver was healthy again, nothing was pending, and all is compared. */
export async function chaosRun(options: ChaosRunOptions): Promise<ChaosRunResult> {
  const { edge, chaos, steady, batched } = options;
  const endpoint = { schedule: "* * * * * *", remote_timeout: `${REMOTE_TIMEOUT_MS}ms` };
  await edge.configure({
    network: MIXED_NETWORKS,
    capture: { backend: "ebpf" },
    remote_write: [
      { ...endpoint, name: "chaos", url: chaos.url, catch_up: batched ? "batched" : "sequential" },
      { ...endpoint, name: "steady", url: steady.url },
    ],
  });
  await using _port = await exposePort(edge.pair.edge, steady.port);
  await using run = new ChaosRun(options);
  return await run.run();
}

class ChaosRun implements AsyncDisposable {
  readonly #options: ChaosRunOptions;
  readonly #random: SeededRandom;
  readonly #expected: Expectation;
  readonly #agents: AgentProcess[] = [];
  readonly #lives: Life[] = [];
  readonly #rest: AsyncDisposable[] = [];

  constructor(options: ChaosRunOptions) {
    this.#options = options;
    this.#random = new SeededRandom(options.seed);
    const own = { interface: options.edge.interface, windowMs: WINDOW_MS };
    this.#expected = { ...own, truth: new GroundTruth(), networkOf: mixedNetworkOf };
  }

  async run(): Promise<ChaosRunResult> {
    const { edge, seed, chaos, steady } = this.#options;
    const faults = await this.#faults();
    await this.#start().capturing();
    const plan = mixedPlan(new SeededRandom(seed + 1));
    const { truth } = this.#expected;
    const traffic = WindowTraffic.start({ link: edge.pair, truth, plan });
    this.#rest.push(traffic);
    const poisoned = this.#poison(faults);
    const kills = await this.#killAgain();
    await traffic.stop();
    if (this.#options.batched) await this.#backlog(faults);
    await faults.end();
    if (this.#options.batched) await this.#killJoined(faults);
    await this.#settled();
    const letters = ledgerDeadLetters(edge.stateDir);
    const left = letterDifferences(letters, steady, poisoned);
    faults.poisoned = () => false;
    const retried = letters.length > 0 ? await this.#retry() : [];
    const end = await this.#stop();
    const lags = { chaos: windowLags(chaos, this.#lives), steady: windowLags(steady, this.#lives) };
    return {
      kills,
      windows: ledgerWindows(edge.stateDir).length,
      packets: truth.flows.reduce((sum, { packets }) => sum + packets, 0),
      deadLetters: letters.length,
      hits: Object.fromEntries(faults.hits),
      joined: faults.joined,
      lagMs: { chaos: Math.max(...lags.chaos.values()), steady: Math.max(...lags.steady.values()) },
      differences: [...end, ...left, ...retried, ...lagDifferences(lags.steady), ...this.#compare()],
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const one of [...this.#agents, ...this.#rest]) await one[Symbol.asyncDispose]();
  }

  #start(): AgentProcess {
    const agent = this.#options.edge.start();
    this.#agents.push(agent);
    return agent;
  }

  async #faults(): Promise<Faults> {
    const { edge, chaos: receiver, seed, maxFaultMs: maxMs, holds, batched: outages, progress } = this.#options;
    const [namespace, random] = [edge.pair.edge, new SeededRandom(seed + 2)];
    const faults = await Faults.start({ receiver, namespace, random, maxMs, holds, outages, progress });
    this.#rest.push(faults);
    return faults;
  }

  /** Which samples are refused, each for good until the end of the run. */
  #poison(faults: Faults): (sample: ReceivedSample) => boolean {
    const { poison, forMs } = this.#options;
    if (!poison) return () => false;
    const fromMs = Date.now() + forMs / 3;
    const isPoisoned = ({ series, timestamp }: ReceivedSample): boolean =>
      POISONED_SERIES.test(series) && timestamp >= fromMs && timestamp < fromMs + forMs / 3;
    faults.poisoned = isPoisoned;
    return isPoisoned;
  }

  /** An agent that ended by itself is an error. */
  async #killAgain(): Promise<number> {
    const { forMs, maxPauseMs, progress } = this.#options;
    const endMs = Date.now() + forMs;
    let kills = 0;
    for (let agent = this.#agents.at(-1); agent && Date.now() < endMs; kills++) {
      await this.#moment();
      if (!agent.isRunning) throw new Error(["the agent ended by itself", ...agent.output].join("\n"));
      await agent.kill();
      this.#died(agent);
      const pauseMs = this.#random.between(0, 1) ** 2 * maxPauseMs;
      progress?.(`kill ${kills + 1}; ${Math.round(pauseMs)} ms pause`);
      await sleep(pauseMs);
      agent = this.#start();
    }
    return kills;
  }

  /** Any, or one at which the receiver knows more than the ledger. */
  async #moment(): Promise<void> {
    const { requests } = this.#options.chaos;
    await sleep(this.#random.between(500, 10_000));
    if (this.#random.chance(0.5)) return;
    const before = requests.length;
    const isPushed = (): boolean => requests.length > before;
    await waitFor("a push", isPushed, { timeoutMs: 5_000, intervalMs: 1 }).catch(() => undefined);
  }

  /** One that was killed before it captured did not live. */
  #died(agent: AgentProcess): void {
    const toMs = Date.now();
    const started = agent.logged("capture started").at(0);
    if (started !== undefined) this.#lives.push({ fromMs: Date.parse(started.time), toMs });
  }

  /** What is there to join when the receiver is healthy again. */
  async #backlog(faults: Faults): Promise<void> {
    faults.isAway = true;
    const { stateDir } = this.#options.edge;
    const isThere = (): boolean => ledgerPendingWindows(stateDir, "chaos") >= BACKLOG_WINDOWS;
    await waitFor("a backlog", isThere, { timeoutMs: SETTLE_TIMEOUT_MS, intervalMs: 100 });
  }

  /** Kills the agent when the receiver has a joined request: whether the ledger knows of it is open. */
  async #killJoined(faults: Faults): Promise<void> {
    const { stateDir } = this.#options.edge;
    const before = faults.joined;
    // With poison in the backlog it may be empty before one is accepted.
    const isTime = (): boolean => faults.joined > before || ledgerPending(stateDir) === 0;
    await waitFor("a joined request", isTime, { timeoutMs: SETTLE_TIMEOUT_MS, intervalMs: 1 });
    const agent = this.#agents.at(-1);
    await agent?.kill();
    if (agent) this.#died(agent);
    await this.#start().capturing();
  }

  async #settled(): Promise<void> {
    const { edge, chaos, steady } = this.#options;
    const lastMs = this.#lastMs();
    const arrived = (receiver: Receiver): boolean =>
      [...receiver.samples].some(
        ([series, values]) => series.startsWith("acct_window_completeness_ratio{") && values.has(lastMs),
      );
    const isDone = (): boolean => arrived(chaos) && arrived(steady) && ledgerPending(edge.stateDir) === 0;
    const options = { timeoutMs: SETTLE_TIMEOUT_MS, intervalMs: 100 };
    await waitFor("an empty outbox", isDone, options).catch((error: unknown) => {
      throw new Error([String(error), ...(this.#agents.at(-1)?.output ?? [])].join("\n"), { cause: error });
    });
  }

  async #retry(): Promise<string[]> {
    const { edge } = this.#options;
    const { code, stdout, complaints } = await edge.command("dead-letter", "retry");
    const left = ledgerDeadLetters(edge.stateDir).length;
    return code === 0 && left === 0
      ? []
      : [`dead-letter retry ended with ${code} and left ${left}`, stdout, ...complaints];
  }

  async #stop(): Promise<string[]> {
    const agent = this.#agents.at(-1);
    const end = await agent?.stop();
    if (agent) this.#died(agent);
    return end?.code === 0 ? [] : [`the last agent ended with ${end?.code}`];
  }

  /** The time of the samples of the last window with traffic. */
  #lastMs(): number {
    return Math.max(...this.#expected.truth.starts) + WINDOW_MS - 1;
  }

  #compare(): string[] {
    const { edge, chaos, steady } = this.#options;
    const { stateDir } = edge;
    return endDifferences(this.#expected, { stateDir, chaos, steady, untilMs: this.#lastMs() });
  }
}
