// Billing intervals from Prometheus, or whatever has its HTTP API: of all agents that push there. What is returned is
// whole and exact to the byte; where that cannot be known, there is an error.

import type { Labels } from "../model/network.ts";
import type { IntervalSeries, KnownNetwork, Usage, UsageSelection, UsageSource } from "./interval-series.ts";
import {
  PrometheusClient,
  type PrometheusClientDependencies,
  type PrometheusClientOptions,
  type TimeRange,
} from "./prometheus-client.ts";
import { PrometheusCompleteness } from "./prometheus-completeness.ts";
import { PrometheusIntervals, type SampleProblem } from "./prometheus-intervals.ts";
import { selectorOf } from "./prometheus-selector.ts";

export interface PrometheusSourceOptions extends PrometheusClientOptions {
  /** Labels that agents add to all that they push; they are none of a network. */
  readonly externalLabels: Labels;
  /** The window of agents that show too few to tell. */
  readonly windowMs: number;
}

const INTERVALS = "acct_interval_bytes";
/** Labels of the series that are no network's. */
const OWN_LABELS = ["instance", "job", "interface", "network", "direction", "time_zone", "period"];
/** Requests may come in this much later than those before them. */
const SETTLED_MS = 3_600_000;

export class PrometheusSource implements UsageSource, AsyncDisposable {
  readonly #dependencies: PrometheusClientDependencies;
  readonly #client: PrometheusClient;
  readonly #completeness: PrometheusCompleteness;
  readonly #notOfNetworks: ReadonlySet<string>;

  constructor(options: PrometheusSourceOptions, dependencies: PrometheusClientDependencies) {
    this.#dependencies = dependencies;
    this.#client = new PrometheusClient(options, dependencies);
    this.#completeness = new PrometheusCompleteness(this.#client, dependencies.clock, options.windowMs);
    this.#notOfNetworks = new Set([...OWN_LABELS, ...Object.keys(options.externalLabels)]);
  }

  /**
   * Those with an interval in `[startMs, endMs)`, multiples of the billing interval, by name: one for each set of labels that
   * a network had. `labels` narrow it down to series that have them. Throws PrometheusError.
   */
  async networks(startMs: number, endMs: number, labels: Labels = {}): Promise<readonly KnownNetwork[]> {
    const selector = selectorOf(INTERVALS, { ...labels, direction: "in" });
    const found = new Map<string, KnownNetwork>();
    const query = (range: string): string => `count_over_time(${selector}${range})`;
    for await (const piece of this.#client.pieces(query, { startMs, endMs }, "vector")) {
      for (const series of piece.series) {
        const network = this.#networkOf(series.labels);
        if (network !== null) found.set(JSON.stringify([network.name, network.labels]), network);
      }
    }
    return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, network]) => network);
  }

  async usage(selection: UsageSelection): Promise<Usage> {
    const series = await this.series(selection);
    return { series, completeness: await this.#completeness.of(series) };
  }

  /** The usage without its completeness. Throws PrometheusError. */
  async series({ selector, timeZone, period, startMs, endMs }: UsageSelection): Promise<readonly IntervalSeries[]> {
    const labels = { ...selector, time_zone: timeZone, period };
    return await this.#intervals(selectorOf(INTERVALS, labels), { startMs, endMs });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]();
  }

  async #intervals(selector: string, range: TimeRange): Promise<readonly IntervalSeries[]> {
    const intervals = new PrometheusIntervals(range);
    for await (const piece of this.#client.pieces((part) => `${selector}${part}`, range, "matrix"))
      for (const one of piece.series) this.#require(intervals.add(one));
    const series = intervals.series(this.#dependencies.clock.now() - SETTLED_MS);
    if ("problem" in series) throw this.#client.error(series.problem, series.fix);
    return series;
  }

  #require(problem: SampleProblem | null): void {
    if (problem !== null) throw this.#client.error(problem.problem, problem.fix);
  }

  /** Labels in the order of their names. */
  #networkOf(labels: Labels): KnownNetwork | null {
    const own = Object.entries(labels).filter(([label]) => !this.#notOfNetworks.has(label));
    const name = labels["network"];
    return name === undefined ? null : { name, labels: Object.fromEntries(own.sort(([a], [b]) => (a < b ? -1 : 1))) };
  }
}
