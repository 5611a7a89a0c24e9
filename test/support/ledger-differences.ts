// Where a ledger differs from what was sent, to the byte: one line for each difference, none where it is exact.

import {
  type GroundTruth,
  type NetworkOf,
  NOTHING,
  usageByAddress,
  usageByNetwork,
  windowSums,
} from "./ground-truth.ts";
import type { AddressUsage, Counters, IntervalRow, WindowRow } from "./ledger-rows.ts";

const INTERVAL_MS = 300_000;

/** What an interface must be billed for. */
export interface Expectation {
  readonly interface: string;
  readonly windowMs: number;
  readonly truth: GroundTruth;
  readonly networkOf: NetworkOf;
}

export interface LedgerContent {
  readonly windows: readonly WindowRow[];
  readonly usage: readonly AddressUsage[];
  readonly intervals: readonly IntervalRow[];
}

/** All differences on an interface; what the ledger holds of others is not looked at. */
export function ledgerDifferences(expected: Expectation, content: LedgerContent): string[] {
  const own = <T extends { readonly interface: string }>(rows: readonly T[]): T[] =>
    rows.filter((row) => row.interface === expected.interface);
  return [
    ...windowDifferences(expected, own(content.windows)),
    ...usageDifferences(expected, own(content.usage)),
    ...intervalDifferences(expected, own(content.intervals)),
  ];
}

/**
 * Whatever the networks were: each window's IP packets and bytes are those sent, and every byte of them is in a
 * network's addresses or overflow, or unaccounted; between two accounted addresses twice.
 */
export function conservationDifferences(expected: Expectation, content: LedgerContent): string[] {
  const rows = content.windows.filter((row) => row.interface === expected.interface);
  const usage = content.usage.filter((row) => row.interface === expected.interface);
  const total = (of: (row: WindowRow) => number): number => rows.reduce((sum, row) => sum + of(row), 0);
  const counted = usage.reduce((sum, row) => sum + row.bytesIn + row.bytesOut, 0);
  const placed = {
    bytes: counted + total((row) => row.unaccountedBytes) - total((row) => row.internalBytes),
  };
  const everywhere = { ...expected, networkOf: () => null };
  return [
    ...windowDifferences(everywhere, rows, ["ipBytes", "ipPackets"]),
    ...fieldDifferences("all addresses and unaccounted", placed, { bytes: total((row) => row.ipBytes) }),
  ];
}

/**
 * Each window's row: its totals, or those of `fields` alone, that it is closed, and that none is missing between the
 * first and the last. What a stop left open after the last traffic is left out.
 */
export function windowDifferences(
  expected: Expectation,
  rows: readonly WindowRow[],
  fields?: readonly (keyof WindowRow)[],
): string[] {
  const lastSentMs = Math.max(...expected.truth.starts);
  const settled = rows.filter(({ closed, startMs }) => closed === 1 || startMs <= lastSentMs);
  const byStart = new Map(settled.map((row) => [row.startMs, row]));
  const starts = [...byStart.keys(), ...expected.truth.starts];
  const [firstMs, lastMs] = [Math.min(...starts), Math.max(...starts)];
  const problems: string[] = [];
  for (let startMs = firstMs; startMs <= lastMs; startMs += expected.windowMs) {
    const name = `window ${new Date(startMs).toISOString()}`;
    const row = byStart.get(startMs);
    if (row) problems.push(...fieldDifferences(name, row, windowOf(expected, startMs, fields)));
    else problems.push(`${name}: missing`);
  }
  return problems;
}

/** The time that each window was observed, but for the first: its start was not. */
export function observationDifferences(expected: Expectation, rows: readonly WindowRow[]): string[] {
  const [, ...whole] = rows.filter((row) => row.interface === expected.interface && row.closed === 1);
  return whole.flatMap((row) =>
    fieldDifferences(`window ${new Date(row.startMs).toISOString()}`, row, { observedMs: expected.windowMs }),
  );
}

/** Each address' counters: exact, of its network, and no address more. */
export function usageDifferences({ truth, networkOf }: Expectation, rows: readonly AddressUsage[]): string[] {
  const sent = usageByAddress(truth.flows, networkOf);
  const keyed = [...sent].map(([address, counters]): [string, Counters] => [
    `${networkOf(address)} ${address}`,
    counters,
  ]);
  const counted = rows.map((row): [string, Counters] => [`${row.network} ${row.address}`, row]);
  return counterDifferences("address", new Map(keyed), new Map(counted));
}

/** Each network's bytes and packets in each billing interval. */
export function intervalDifferences({ truth, networkOf }: Expectation, rows: readonly IntervalRow[]): string[] {
  const sent = new Map<string, Counters>();
  const intervalOf = (startMs: number): number => Math.floor(startMs / INTERVAL_MS) * INTERVAL_MS;
  for (const intervalMs of new Set(truth.starts.map(intervalOf))) {
    const starts = truth.starts.filter((startMs) => intervalOf(startMs) === intervalMs);
    const flows = starts.flatMap((startMs) => truth.flowsOf(startMs));
    for (const [network, counters] of usageByNetwork(flows, networkOf)) {
      sent.set(`${network} ${new Date(intervalMs).toISOString()}`, counters);
    }
  }
  const counted = rows.map((row): [string, Counters] => [`${row.network} ${new Date(row.startMs).toISOString()}`, row]);
  return counterDifferences("interval", sent, new Map(counted));
}

function windowOf(
  { truth, networkOf }: Expectation,
  startMs: number,
  fields?: readonly (keyof WindowRow)[],
): Partial<WindowRow> {
  const sums = windowSums(truth.flowsOf(startMs), networkOf);
  const all = { ...sums, frames: sums.ipPackets, overflowBytes: 0, nonIpFrames: 0, parseFailures: 0, closed: 1 };
  return Object.fromEntries(Object.entries(all).filter(([field]) => fields?.some((one) => one === field) ?? true));
}

/** By key, where one side lacks a key it has nothing. */
function counterDifferences(
  what: string,
  sent: ReadonlyMap<string, Counters>,
  counted: ReadonlyMap<string, Counters>,
): string[] {
  const keys = new Set([...sent.keys(), ...counted.keys()]);
  return [...keys].flatMap((key) => {
    const { bytesIn, packetsIn, bytesOut, packetsOut } = sent.get(key) ?? NOTHING;
    const expected = { bytesIn, packetsIn, bytesOut, packetsOut };
    return fieldDifferences(`${what} ${key}`, counted.get(key) ?? NOTHING, expected);
  });
}

/** `row` against the fields of `expected`. */
function fieldDifferences<T extends object>(name: string, row: T, expected: Partial<T>): string[] {
  const counted = new Map<string, unknown>(Object.entries(row));
  return Object.entries(expected)
    .filter(([field, value]) => counted.get(field) !== value)
    .map(([field, value]) => `${name}: ${field} is ${String(counted.get(field))}, sent ${String(value)}`);
}
