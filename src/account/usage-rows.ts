// Between the columns of a window and the rows of the ledger.

import type { UsageColumns } from "../model/window.ts";
import type { AddressKey, Counters } from "./usage-store.ts";

/** The rows by network and address, which is the order of the ledger's keys: neighbours share a page. */
export function rowsByKey(usage: UsageColumns): Uint32Array {
  const rows = new Uint32Array(usage.length);
  for (let row = 0; row < rows.length; row++) rows[row] = row;
  return rows.sort((a, b) => compareKeys(usage, a, b));
}

function compareKeys({ networks, addresses }: UsageColumns, a: number, b: number): number {
  const byNetwork = (networks[a] ?? 0) - (networks[b] ?? 0);
  if (byNetwork !== 0) return byNetwork;
  for (let word = 0; word < 4; word++) {
    const byWord = (addresses[a * 4 + word] ?? 0) - (addresses[b * 4 + word] ?? 0);
    if (byWord !== 0) return byWord;
  }
  return 0;
}

type CounterColumns = Pick<UsageColumns, "bytesIn" | "packetsIn" | "bytesOut" | "packetsOut">;

/** The counters of one row. */
export function countersAt(usage: CounterColumns, row: number): Counters {
  return {
    bytesIn: usage.bytesIn[row] ?? 0,
    packetsIn: usage.packetsIn[row] ?? 0,
    bytesOut: usage.bytesOut[row] ?? 0,
    packetsOut: usage.packetsOut[row] ?? 0,
  };
}

/** The counters with the bytes that a byte layer adds to each packet. */
export function withOverhead(counters: Counters, overheadPerPacket: number): Counters {
  return {
    ...counters,
    bytesIn: counters.bytesIn + counters.packetsIn * overheadPerPacket,
    bytesOut: counters.bytesOut + counters.packetsOut * overheadPerPacket,
  };
}

/** Columns of ledger rows; `indexOf` gives the position of a network id in the window's list of networks. */
export function columnsOf(
  rows: readonly (AddressKey & Counters)[],
  indexOf: ReadonlyMap<number, number>,
): UsageColumns {
  return {
    length: rows.length,
    addresses: Uint32Array.from(rows.flatMap((row) => row.address)),
    networks: Uint32Array.from(rows, (row) => indexOf.get(row.networkId) ?? 0),
    bytesIn: Float64Array.from(rows, (row) => row.bytesIn),
    packetsIn: Float64Array.from(rows, (row) => row.packetsIn),
    bytesOut: Float64Array.from(rows, (row) => row.bytesOut),
    packetsOut: Float64Array.from(rows, (row) => row.packetsOut),
  };
}

/** Sums over the rows of each network, by its index in the window. */
export function sumByNetwork(usage: UsageColumns): ReadonlyMap<number, Counters> {
  const sums = new Map<number, { -readonly [K in keyof Counters]: number }>();
  for (let row = 0; row < usage.length; row++) {
    const index = usage.networks[row] ?? 0;
    let sum = sums.get(index);
    if (!sum) sums.set(index, (sum = { bytesIn: 0, packetsIn: 0, bytesOut: 0, packetsOut: 0 }));
    sum.bytesIn += usage.bytesIn[row] ?? 0;
    sum.packetsIn += usage.packetsIn[row] ?? 0;
    sum.bytesOut += usage.bytesOut[row] ?? 0;
    sum.packetsOut += usage.packetsOut[row] ?? 0;
  }
  return sums;
}
