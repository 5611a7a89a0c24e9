// An agent that is killed again and again under traffic, and what its ledger and its receiver must hold in the end: each
// window to the byte, as if nothing had happened. Used by kill.test.ts for a minute and by scripts/soak.ts for as long as
// one likes.

import { setTimeout as sleep } from "node:timers/promises";
import type { AgentProcess } from "./agent-process.ts";
import { type Edge, WINDOW_MS, windowNow } from "./edge.ts";
import { GroundTruth } from "./ground-truth.ts";
import { type Expectation, ledgerDifferences, observationDifferences } from "./ledger-differences.ts";
import { CommitWatch } from "./commit-watch.ts";
import { ledgerIntervals, ledgerUsage, ledgerWindows } from "./ledger-rows.ts";
import { LedgerHold } from "./ledger-hold.ts";
import type { Link } from "./link.ts";
import { MIXED_NETWORKS, mixedNetworkOf, mixedPlan } from "./mixed-traffic.ts";
import { arrivedSamples, completenessDifferences, pushedDifferences } from "./pushed-differences.ts";
import type { Receiver } from "./receiver.ts";
import type { SeededRandom } from "./seeded-random.ts";
import { waitFor } from "./wait-for.ts";
import { WindowTraffic } from "./window-traffic.ts";

/** A window is harvested, committed and pushed so long after its end. */
const HARVEST_MS = 500;
const SETTLE_TIMEOUT_MS = 40_000;
const LEAST_WINDOWS = 3;
const KINDS = [
  "as it commits",
  "before it commits",
  "as it pushes",
  "around a harvest",
  "while it stops",
  "while it starts",
  "at any moment",
] as const;
type KillKind = (typeof KINDS)[number];

export interface KillRunOptions {
  readonly edge: Edge;
  readonly receiver: Receiver;
  /** The accounted interfaces; the edge's own, and others. */
  readonly links: readonly Link[];
  readonly random: SeededRandom;
  /** "pcap" loses what passes meanwhile, and is for runs without kills. */
  readonly backend: "ebpf" | "pcap";
  /** Whether to kill once more, asked after each restart. */
  readonly goOn: (kills: number) => boolean;
  /** The longest time for which nothing runs. */
  readonly maxPauseMs: number;
  readonly progress?: (line: string) => void;
}

export interface KillRunResult {
  readonly kills: number;
  readonly windows: number;
  readonly packets: number;
  /** One line for each difference between what was sent and what was accounted or pushed. */
  readonly differences: readonly string[];
}

/** Resolves when all windows with traffic are in the ledger and pushed, the agent is stopped and both are compared. */
export async function killRun(options: KillRunOptions): Promise<KillRunResult> {
  const { edge, receiver, links, backend } = options;
  const sections = { network: MIXED_NETWORKS, capture: { backend }, account: { window: `${WINDOW_MS / 1_000}s` } };
  const interfaces = links.map((link) => ({ name: link.edge.interface }));
  await edge.configure({ ...sections, interface: interfaces }, [{ name: "central", url: receiver.url }]);
  await using run = new KillRun(options);
  return await run.run();
}

/** Whether there was traffic in so many windows that a comparison means something. */
function isTelling({ truth }: Expectation): boolean {
  return truth.starts.filter((startMs) => truth.flowsOf(startMs).length > 0).length >= LEAST_WINDOWS;
}

class KillRun implements AsyncDisposable {
  readonly #options: KillRunOptions;
  readonly #agents: AgentProcess[] = [];
  readonly #traffics: WindowTraffic[] = [];
  readonly #expectations: readonly Expectation[];

  constructor(options: KillRunOptions) {
    this.#options = options;
    this.#expectations = options.links.map((link) => ({
      interface: link.edge.interface,
      windowMs: WINDOW_MS,
      truth: new GroundTruth(),
      networkOf: mixedNetworkOf,
    }));
  }

  async run(): Promise<KillRunResult> {
    const { edge, links } = this.#options;
    const first = this.#start();
    for (const [index] of links.entries()) await first.capturing(index + 1);
    await this.#send();
    const kills = await this.#killAgain();
    await this.#waitFor("traffic in enough windows", () => this.#expectations.every(isTelling));
    for (const traffic of this.#traffics) await traffic.stop();
    await this.#settled();
    const end = await this.#agents.at(-1)?.stop();
    const flows = this.#expectations.flatMap(({ truth }) => truth.flows);
    return {
      kills,
      windows: ledgerWindows(edge.stateDir).length,
      packets: flows.reduce((sum, { packets }) => sum + packets, 0),
      differences: [...(end?.code === 0 ? [] : [`the last agent ended with ${end?.code}`]), ...this.#compare()],
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const one of [...this.#traffics, ...this.#agents]) await one[Symbol.asyncDispose]();
  }

  #start(): AgentProcess {
    const agent = this.#options.edge.start();
    this.#agents.push(agent);
    return agent;
  }

  async #send(): Promise<void> {
    const { links, random } = this.#options;
    const plan = mixedPlan(random);
    for (const [index, link] of links.entries()) {
      const truth = this.#expectations[index]?.truth;
      if (truth) this.#traffics.push(WindowTraffic.start({ link, truth, plan }));
    }
  }

  /** Kills, waits and starts; returns how often. An agent that ended by itself is an error. */
  async #killAgain(): Promise<number> {
    const { goOn, random, maxPauseMs, progress } = this.#options;
    let kills = 0;
    for (let agent = this.#agents.at(-1); agent && goOn(kills); kills++) {
      const kind = KINDS[kills % KINDS.length] ?? "at any moment";
      await this.#killAt(kind, agent);
      const intoMs = Date.now() - windowNow();
      // Short pauses are as telling as long ones: squaring makes them more frequent.
      const pauseMs = random.between(0, 1) ** 2 * maxPauseMs;
      progress?.(`kill ${kills + 1} ${kind}, ${intoMs} ms into a window; ${Math.round(pauseMs)} ms pause`);
      await sleep(pauseMs);
      agent = this.#start();
    }
    return kills;
  }

  /** Waits for a moment at which a death might show, and kills. */
  async #killAt(kind: KillKind, agent: AgentProcess): Promise<void> {
    const { random, edge } = this.#options;
    if (kind === "before it commits") await sleep(windowNow() + WINDOW_MS - Date.now());
    using _hold = kind === "before it commits" ? new LedgerHold(edge.stateDir) : null;
    if (kind === "before it commits") await sleep(random.between(0.5, 1) * HARVEST_MS);
    else if (kind === "around a harvest")
      await sleep(windowNow() + WINDOW_MS - Date.now() + random.between(0, HARVEST_MS));
    else if (kind === "as it commits") await this.#commits();
    else if (kind === "as it pushes") await this.#pushes();
    else if (kind === "while it stops") await this.#stops(agent);
    else await sleep(random.between(0, kind === "while it starts" ? 700 : 3_000));
    if (!agent.isRunning && kind !== "while it stops")
      throw new Error(["the agent ended by itself", ...agent.output].join("\n"));
    await agent.kill();
  }

  /** The moment at which the ledger has a window more and the kernel may have it still. */
  async #commits(): Promise<void> {
    using watch = new CommitWatch(this.#options.edge.stateDir);
    const before = watch.commits();
    // Behind the end of a window, which was committed already, comes the next one.
    await this.#waitFor("a commit", () => watch.commits() !== before, 1);
  }

  /** Somewhere on the way of a clean stop, or just behind it. */
  async #stops(agent: AgentProcess): Promise<void> {
    const { random } = this.#options;
    await sleep(random.between(0, 3_000));
    agent.signal("SIGTERM");
    await sleep(random.between(0, 400));
  }

  /** The moment at which the receiver has a request more and the ledger may not know it. */
  async #pushes(): Promise<void> {
    const { requests } = this.#options.receiver;
    const before = requests.length;
    await this.#waitFor("a push", () => requests.length > before, 1);
  }

  /** Everything sent is in closed windows, and they have been pushed. */
  async #settled(): Promise<void> {
    const { edge, receiver } = this.#options;
    for (const { interface: name, truth } of this.#expectations) {
      const lastMs = Math.max(...truth.starts);
      const isClosed = (): boolean =>
        ledgerWindows(edge.stateDir).some(
          (row) => row.interface === name && row.startMs === lastMs && row.closed === 1,
        );
      const isPushed = (): boolean =>
        arrivedSamples(receiver).some(
          ({ metric, labels, timeMs }) =>
            metric === "acct_window_completeness_ratio" &&
            labels["interface"] === name &&
            timeMs === lastMs + WINDOW_MS - 1,
        );
      await this.#waitFor(`the ledger to close the window of ${new Date(lastMs).toISOString()}`, isClosed);
      await this.#waitFor(`the push of the window of ${new Date(lastMs).toISOString()}`, isPushed);
    }
  }

  async #waitFor(what: string, condition: () => boolean, intervalMs = 200): Promise<void> {
    await waitFor(what, condition, { timeoutMs: SETTLE_TIMEOUT_MS, intervalMs }).catch((error: unknown) => {
      throw new Error([String(error), ...(this.#agents.at(-1)?.output ?? [])].join("\n"), { cause: error });
    });
  }

  #compare(): string[] {
    const { edge, receiver, backend } = this.#options;
    const { stateDir } = edge;
    const windows = ledgerWindows(stateDir);
    const content = { windows, usage: ledgerUsage(stateDir), intervals: ledgerIntervals(stateDir) };
    const samples = arrivedSamples(receiver);
    const gaps = this.#agents.flatMap((agent) => agent.logged("gap")).map((line) => `logged: ${JSON.stringify(line)}`);
    const differences = this.#expectations.flatMap((expected) => [
      ...ledgerDifferences(expected, content),
      ...pushedDifferences(expected, samples),
      ...observationDifferences(expected, windows),
      ...completenessDifferences(expected, samples),
    ]);
    return backend === "pcap" ? differences : [...gaps, ...differences];
  }
}
