// How much of the observed intervals' windows was observed, from acct_window_completeness_ratio. A window without a sample
// counts 0. Weeks that are over are asked for once, whatever number of contracts they serve.

import { BILLING_INTERVAL_MS, type Clock, floorTo } from "../model/time.ts";
import type { IntervalSeries } from "./interval-series.ts";
import type { ApiSeries } from "./prometheus-answer.ts";
import type { PrometheusClient, TimeRange } from "./prometheus-client.ts";
import { selectorOf } from "./prometheus-selector.ts";

const WEEK_MS = 7 * 86_400_000;
const WEEK_INTERVALS = WEEK_MS / BILLING_INTERVAL_MS;
/** Windows come up to this much late, out of order. */
const LATE_MS = 3_600_000;
/** As many samples show how long an agent's windows are; of fewer each may happen to be an interval's last. */
const ENOUGH_SAMPLES = 12;

/** The windows of one interface in one week. */
interface Week {
  /** Sum of the windows' completeness, for each interval. */
  readonly sums: Float64Array;
  readonly samples: number;
  /** The coarsest grid that all windows end on; 0 without any. */
  readonly gridMs: number;
}

/** One interface of one agent, and when any of its series was observed. */
interface Place {
  readonly instance: string;
  readonly interface: string;
  readonly startsMs: Set<number>;
}

export class PrometheusCompleteness {
  readonly #client: PrometheusClient;
  readonly #clock: Clock;
  readonly #windowMs: number;
  /** Weeks that are over: instance and start -> interface -> week. */
  readonly #weeks = new Map<string, ReadonlyMap<string, Week>>();

  /** `windowMs`: the window of agents that show too few to tell. */
  constructor(client: PrometheusClient, clock: Clock, windowMs: number) {
    this.#client = client;
    this.#clock = clock;
    this.#windowMs = windowMs;
  }

  /** 0 to 1; null where nothing was observed, or no window says how much. Throws PrometheusError. */
  async of(series: readonly IntervalSeries[]): Promise<number | null> {
    let [sum, intervals, samples] = [0, 0, 0];
    for (const place of placesOf(series)) {
      const found = await this.#ofPlace(place);
      sum += found.sum;
      samples += found.samples;
      intervals += place.startsMs.size;
    }
    return samples === 0 || intervals === 0 ? null : Math.min(1, sum / intervals);
  }

  /** The sum of the completeness of its intervals, and of how many samples that can be told. */
  async #ofPlace(place: Place): Promise<{ readonly sum: number; readonly samples: number }> {
    let [windows, samples, gridMs, weekMs] = [0, 0, 0, Number.NaN];
    let week: Week | undefined;
    for (const startMs of [...place.startsMs].sort((a, b) => a - b)) {
      if (floorTo(startMs, WEEK_MS) !== weekMs) {
        weekMs = floorTo(startMs, WEEK_MS);
        week = (await this.#week(place.instance, weekMs)).get(place.interface);
        samples += week?.samples ?? 0;
        gridMs = greatestDivisor(gridMs, week?.gridMs ?? 0);
      }
      windows += week?.sums[(startMs - weekMs) / BILLING_INTERVAL_MS] ?? 0;
    }
    const windowMs = samples < ENOUGH_SAMPLES ? greatestDivisor(gridMs, this.#windowMs) : gridMs;
    return { sum: (windows * windowMs) / BILLING_INTERVAL_MS, samples };
  }

  async #week(instance: string, startMs: number): Promise<ReadonlyMap<string, Week>> {
    const key = JSON.stringify([instance, startMs]);
    const known = this.#weeks.get(key);
    if (known !== undefined) return known;
    const isOver = startMs + WEEK_MS + LATE_MS < this.#clock.now();
    const week = await this.#ask(instance, { startMs, endMs: startMs + WEEK_MS });
    if (isOver) this.#weeks.set(key, week);
    return week;
  }

  async #ask(instance: string, range: TimeRange): Promise<ReadonlyMap<string, Week>> {
    const selector = selectorOf("acct_window_completeness_ratio", { instance });
    const windows = new Map<string, Map<number, number>>();
    for await (const { series } of this.#client.pieces((piece) => `${selector}${piece}`, range, "matrix"))
      for (const one of series) collect(one, windows);
    return new Map([...windows].map(([name, values]) => [name, weekOf(values, range.startMs)]));
  }
}

/** Adds the ends of windows and their completeness; of a window that was pushed twice, the lower one. */
function collect({ labels, samples }: ApiSeries, windows: Map<string, Map<number, number>>): void {
  const name = labels["interface"];
  if (name === undefined) return;
  const values = windows.get(name) ?? new Map<number, number>();
  windows.set(name, values);
  for (const [seconds, text] of samples) {
    const endMs = Math.round(seconds * 1000) + 1;
    const value = Number(text);
    if (value >= 0 && value <= 1) values.set(endMs, Math.min(value, values.get(endMs) ?? 1));
  }
}

function weekOf(values: ReadonlyMap<number, number>, startMs: number): Week {
  const sums = new Float64Array(WEEK_INTERVALS);
  let gridMs = 0;
  for (const [endMs, value] of values) {
    const index = Math.floor((endMs - 1 - startMs) / BILLING_INTERVAL_MS);
    sums[index] = (sums[index] ?? 0) + value;
    gridMs = greatestDivisor(greatestDivisor(gridMs, endMs), BILLING_INTERVAL_MS);
  }
  return { sums, samples: values.size, gridMs };
}

function placesOf(series: readonly IntervalSeries[]): readonly Place[] {
  const places = new Map<string, Place>();
  for (const { instance, interface: name, startsMs } of series) {
    const key = JSON.stringify([instance, name]);
    const place = places.get(key) ?? { instance, interface: name, startsMs: new Set<number>() };
    places.set(key, place);
    for (const startMs of startsMs) place.startsMs.add(startMs);
  }
  return [...places.values()];
}

/** Euclid's; of a number and 0, the number. */
function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}
