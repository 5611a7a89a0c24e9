// The rule of billing in its own words, slow and plain: what the product's figures are compared with.

import type { Contract } from "../../../src/model/contract.ts";

/** One interface's intervals; null was not observed. */
export interface Site {
  readonly instance: string;
  readonly network: string;
  readonly bytesIn: readonly (number | null)[];
  readonly out: readonly number[];
}

type Choices = Pick<Contract, "direction" | "aggregation" | "gaps" | "percentilePerMille">;

interface Pair {
  readonly index: number;
  readonly in: number;
  readonly out: number;
}

export function oracleFigures(sites: readonly Site[], choices: Choices) {
  const { expected, present } = countsOf(sites);
  const indexes = expected.map((_, index) => index);
  const ranked =
    choices.gaps === "zero" ? indexes : indexes.filter((index) => (present[index] ?? 0) >= (expected[index] ?? 0));
  const all = sites.filter(({ bytesIn }) => bytesIn.some((bytes) => bytes !== null));
  const keys = [...new Set(all.map(({ instance, network }) => `${instance}/${network}`))];
  const groups =
    choices.aggregation === "sum_of_percentiles" && keys.length > 1
      ? keys.map((key) => all.filter(({ instance, network }) => `${instance}/${network}` === key))
      : [all];
  const units = groups.map((group) => ranked.map((index) => pairAt(group, index)));
  const sumOf = (value: (pair: Pair) => number): number =>
    units.reduce((sum, unit) => sum + percentileOf(unit.map(value), choices.percentilePerMille), 0);
  const [p95InBytes, p95OutBytes] = [sumOf((pair) => pair.in), sumOf((pair) => pair.out)];
  const value = valueOf(choices.direction, p95InBytes, p95OutBytes);
  const billableBytes = value === null ? p95InBytes + p95OutBytes : sumOf(value);
  const [unit] = units;
  const index =
    value === null || units.length > 1 ? null : (unit?.find((pair) => value(pair) === billableBytes)?.index ?? null);
  const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
  const coverage = sum(present) / sum(expected);
  return { billableBytes, index, p95InBytes, p95OutBytes, ranked: ranked.length, coverage };
}

/** Null for the sum of the percentiles, which is of no interval. */
function valueOf(direction: Contract["direction"], p95In: number, p95Out: number): ((pair: Pair) => number) | null {
  switch (direction) {
    case "in":
      return (pair) => pair.in;
    case "out":
      return (pair) => pair.out;
    case "max_of_percentiles":
      return (pair) => (p95Out > p95In ? pair.out : pair.in);
    case "percentile_of_max":
      return (pair) => Math.max(pair.in, pair.out);
    case "percentile_of_sum":
      return (pair) => pair.in + pair.out;
    case "sum_of_percentiles":
      return null;
  }
}

function percentileOf(values: readonly number[], perMille: number): number {
  const ascending = values.toSorted((a, b) => a - b);
  return ascending[values.length - Math.floor((values.length * (1000 - perMille)) / 1000) - 1] ?? 0;
}

function pairAt(sites: readonly Site[], index: number): Pair {
  const observed = sites.filter(({ bytesIn }) => bytesIn[index] !== null);
  return {
    index,
    in: observed.reduce((sum, { bytesIn }) => sum + (bytesIn[index] ?? 0), 0),
    out: observed.reduce((sum, { out }) => sum + (out[index] ?? 0), 0),
  };
}

function countsOf(sites: readonly Site[]): { expected: number[]; present: number[] } {
  const firsts = sites.map(({ bytesIn }) => bytesIn.findIndex((bytes) => bytes !== null)).filter((first) => first >= 0);
  const earliest = Math.min(...firsts);
  const indexes = [...(sites[0]?.bytesIn.keys() ?? [])];
  const expected = indexes.map((index) => firsts.filter((first) => first === earliest || first <= index).length || 1);
  const present = indexes.map((index) => sites.filter(({ bytesIn }) => bytesIn[index] !== null).length);
  return { expected, present };
}
