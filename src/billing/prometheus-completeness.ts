// How much of the observed intervals' windows was observed, from acct_window_completeness_ratio. A window without a sample
// counts 0. Weeks that are over are asked for once, whatever number of contracts they serve.

import { BILLING_INTERVAL_MS, type Clock, floorTo } from "../model/time.ts";
import type { IntervalSeries } from "./interval-series.ts";
import type { ApiSeries } from "./prometheus-answer.ts";
import type { PrometheusClient, TimeRange } from "./prometheus-client.ts";
import { selectorOf } from "./prometheus-selector.ts";

const WEEK_MS = 7 * 86_400_000;
const WEEK_INTERVALS = WEEK_MS / BILLING_INTERVAL_MS;
const HOUR_MS = 3_600_000;
const WEEK_HOURS = WEEK_MS / HOUR_MS;
/** Windows come up to this much late, out of order. */
const LATE_MS = 3_600_000;
/** As many samples show how long an agent's windows are; of fewer each may happen to be an interval's last. */
const ENOUGH_SAMPLES = 12;

/** Windows, and the coarsest grid that all of them end on; 0 without any. */
interface Grid {
  samples: number;
  gridMs: number;
}

/** The windows of one interface in one week. */
interface Week extends Readonly<Grid> {
  /** Sum of the windows' completeness, for each interval. */
  readonly sums: Float64Array;
  /** The length of windows can change: the same for each hour. */
  readonly hours: readonly Readonly<Grid>[];
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
    const weeks = await this.#weeksOf(place);
    const all = { samples: 0, gridMs: 0 };
    for (const { samples, gridMs } of weeks.values()) {
      all.samples += samples;
      all.gridMs = greatestDivisor(all.gridMs, gridMs);
    }
    if (all.samples < ENOUGH_SAMPLES) all.gridMs = greatestDivisor(all.gridMs, this.#windowMs);
    let sum = 0;
    for (const startMs of place.startsMs) {
      const weekMs = floorTo(startMs, WEEK_MS);
      const week = weeks.get(weekMs);
      if (week !== undefined) sum += completenessOf(week, startMs - weekMs, all.gridMs);
    }
    return { sum, samples: all.samples };
  }

  async #weeksOf({ instance, interface: name, startsMs }: Place): Promise<ReadonlyMap<number, Week>> {
    const weeks = new Map<number, Week>();
    for (const weekMs of new Set([...startsMs].map((startMs) => floorTo(startMs, WEEK_MS)))) {
      const week = (await this.#week(instance, weekMs)).get(name);
      if (week !== undefined) weeks.set(weekMs, week);
    }
    return weeks;
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

/** Of the interval that starts `offsetMs` into the week. Where not even the week has enough windows, by all of them. */
function completenessOf({ sums, hours }: Week, offsetMs: number, allGridMs: number): number {
  const { samples, gridMs } = around(hours, Math.floor(offsetMs / HOUR_MS));
  const windowMs = samples < ENOUGH_SAMPLES ? greatestDivisor(allGridMs, gridMs) : gridMs;
  return ((sums[offsetMs / BILLING_INTERVAL_MS] ?? 0) * windowMs) / BILLING_INTERVAL_MS;
}

/** The windows of an hour, and as long as they are too few to tell their length, of the hours around it. */
function around(hours: readonly Readonly<Grid>[], hour: number): Readonly<Grid> {
  let { samples, gridMs } = hours[hour] ?? { samples: 0, gridMs: 0 };
  for (let distance = 1; samples < ENOUGH_SAMPLES && distance < hours.length; distance++) {
    for (const other of [hours[hour - distance], hours[hour + distance]]) {
      if (other === undefined || samples >= ENOUGH_SAMPLES) continue;
      samples += other.samples;
      gridMs = greatestDivisor(gridMs, other.gridMs);
    }
  }
  return { samples, gridMs };
}

function weekOf(values: ReadonlyMap<number, number>, startMs: number): Week {
  const sums = new Float64Array(WEEK_INTERVALS);
  const hours = Array.from({ length: WEEK_HOURS }, () => ({ samples: 0, gridMs: 0 }));
  const week = { samples: 0, gridMs: 0 };
  for (const [endMs, value] of values) {
    const offsetMs = endMs - 1 - startMs;
    const index = Math.floor(offsetMs / BILLING_INTERVAL_MS);
    sums[index] = (sums[index] ?? 0) + value;
    note(week, endMs);
    const hour = hours[Math.floor(offsetMs / HOUR_MS)];
    if (hour !== undefined) note(hour, endMs);
  }
  return { sums, hours, ...week };
}

function note(grid: Grid, endMs: number): void {
  grid.samples += 1;
  grid.gridMs = greatestDivisor(greatestDivisor(grid.gridMs, endMs), BILLING_INTERVAL_MS);
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
