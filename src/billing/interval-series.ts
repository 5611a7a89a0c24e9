// What bills are made of: the bytes of each billing interval, as the ledger or Prometheus has them.

import type { Labels } from "../model/network.ts";

/** One network on one interface of one agent. */
export interface SeriesKey {
  readonly instance: string;
  readonly interface: string;
  readonly network: string;
}

/**
 * The observed billing intervals of one series, ascending by start; columns of the same length. Bytes are integers in the
 * configured layer, below 2^53: an interval at 100 Tbit/s has 3.75e15.
 */
export interface IntervalSeries extends SeriesKey {
  /** Starts, milliseconds since the epoch, multiples of the billing interval. */
  readonly startsMs: Float64Array;
  readonly bytesIn: Float64Array;
  readonly bytesOut: Float64Array;
}

/** What is asked for: the series that have all labels of `selector`, in `[startMs, endMs)`. */
export interface UsageSelection {
  readonly selector: Labels;
  /** Of the contract, and the month in it, `202610`: what pushed series are labelled with. */
  readonly timeZone: string;
  readonly period: string;
  readonly startMs: number;
  readonly endMs: number;
}

export interface Usage {
  /** Ordered by network, instance, interface. */
  readonly series: readonly IntervalSeries[];
  /**
   * Part of the windows of the observed intervals that was observed, 0 to 1: the sum of their completeness over their
   * number, of all interfaces of the series. Null where nothing was observed or it is not known.
   */
  readonly completeness: number | null;
}

/** A network that series exist of; `labels` are its own, `customer` among them. */
export interface KnownNetwork {
  readonly name: string;
  readonly labels: Labels;
}

/** Where billing intervals come from: the ledger of one agent, or Prometheus for a fleet. */
export interface UsageSource {
  /** The networks that had an interval in `[startMs, endMs)`, by name. */
  networks(startMs: number, endMs: number): Promise<readonly KnownNetwork[]>;
  /** Rejects with an error of one line where it cannot tell. */
  usage(selection: UsageSelection): Promise<Usage>;
}
