// An edge whose traffic is known: its agents, the senders that go on whatever becomes of them, and what its ledger must
// hold in the end. For tests in which agents come and go.

import type { TomlTable } from "smol-toml";
import type { AgentOptions, AgentProcess } from "./agent-process.ts";
import type { Burst } from "./burst.ts";
import { Edge, type Endpoint, WINDOW_MS } from "./edge.ts";
import { GroundTruth, type NetworkOf } from "./ground-truth.ts";
import { kernelStateOf } from "./kernel-state.ts";
import type { Expectation, LedgerContent } from "./ledger-differences.ts";
import { ledgerIntervals, ledgerUsage, ledgerWindows } from "./ledger-rows.ts";
import type { Link } from "./link.ts";
import { waitFor } from "./wait-for.ts";
import { WindowTraffic } from "./window-traffic.ts";

const CLOSE_TIMEOUT_MS = 40_000;

/** Traffic of one interface and what was sent of it so far. */
export interface SentTraffic {
  readonly truth: GroundTruth;
  stop(): Promise<void>;
}

export class AccountedEdge implements AsyncDisposable {
  readonly edge: Edge;
  readonly #owned: AsyncDisposable[] = [];

  private constructor(edge: Edge) {
    this.edge = edge;
  }

  /** Tests that run at the same time need a `prefix` each. */
  static async create(prefix: string): Promise<AccountedEdge> {
    return new AccountedEdge(await Edge.create(prefix));
  }

  /** Writes the configuration, with the kernel's backend unless `sections` say otherwise. */
  async configure(sections: TomlTable, endpoints: readonly Endpoint[] = []): Promise<void> {
    await this.edge.configure({ capture: { backend: "ebpf" }, ...sections }, endpoints);
  }

  /** Starts an agent; resolves when it captures all of `interfaces`. */
  async start(options: Pick<AgentOptions, "env"> = {}, interfaces = 1): Promise<AgentProcess> {
    const agent = this.edge.start(options);
    this.#owned.push(agent);
    for (let count = 1; count <= interfaces; count++) await agent.capturing(count);
    return agent;
  }

  /** Sends the bursts in each window until it is stopped, added to `truth` where there was traffic before. */
  async send(bursts: readonly Burst[], link: Link = this.edge.pair, truth = new GroundTruth()): Promise<SentTraffic> {
    const traffic = WindowTraffic.start({ link, truth, plan: () => bursts });
    this.#owned.push(traffic);
    return { truth, stop: () => traffic.stop() };
  }

  expectation(truth: GroundTruth, networkOf: NetworkOf, link: Link = this.edge.pair): Expectation {
    return { interface: link.edge.interface, windowMs: WINDOW_MS, truth, networkOf };
  }

  /** Waits until so many windows with traffic are over. */
  async windowsSent(truth: GroundTruth, count: number): Promise<void> {
    const over = (): boolean => truth.starts.filter((startMs) => startMs + WINDOW_MS <= Date.now()).length >= count;
    await waitFor(`${count} windows of traffic`, over, { timeoutMs: (count + 2) * WINDOW_MS });
  }

  /** Waits until the ledger has closed every window with traffic, then reads it. */
  async settled(truth: GroundTruth, link: Link = this.edge.pair): Promise<LedgerContent> {
    return this.closed(Math.max(...truth.starts), link);
  }

  /** Waits until the ledger has closed the window that starts at `startMs`, then reads it. */
  async closed(startMs: number, link: Link = this.edge.pair): Promise<LedgerContent> {
    const isClosed = (): boolean =>
      ledgerWindows(this.edge.stateDir).some(
        (row) => row.interface === link.edge.interface && row.startMs === startMs && row.closed === 1,
      );
    await waitFor(`the ledger to close the window of ${new Date(startMs).toISOString()}`, isClosed, {
      timeoutMs: CLOSE_TIMEOUT_MS,
      intervalMs: 100,
    });
    return this.content();
  }

  content(): LedgerContent {
    const { stateDir } = this.edge;
    return { windows: ledgerWindows(stateDir), usage: ledgerUsage(stateDir), intervals: ledgerIntervals(stateDir) };
  }

  /** What its agents have pinned. */
  kernelState(): readonly string[] {
    return kernelStateOf(this.edge.stateDir);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const one of this.#owned.toReversed()) await one[Symbol.asyncDispose]();
    await this.edge[Symbol.asyncDispose]();
  }
}
