// One window's rows out of the kernel's maps: CPUs added up, addresses as the rest of the agent has them. The columns are
// the only copy of a window that the agent has: the ledger's thread reads them where they are.

import { OVERFLOW_ADDRESS } from "../../model/address.ts";
import { type UsageColumns, sharedColumns } from "../../model/window.ts";
import type { Batch } from "./bpf-map.ts";
import { OVERFLOW_KEY, USAGE_KEY, USAGE_VALUE } from "./layout.ts";

const MIN_ROWS = 256;
const ADDRESS_WORDS = 4;
const WORD = 2 ** 32;
/** 32-bit words of one CPU's value. */
const VALUE_WORDS = USAGE_VALUE.words * 2;
/** Counters of a value, in 32-bit words from its start. */
const BYTES_IN = 0;
const PACKETS_IN = 2;
const BYTES_OUT = 4;
const PACKETS_OUT = 6;

export class WindowRows {
  #rows: UsageColumns;
  #length = 0;
  /** Rows out of `usage`, which come before those out of `overflow`. */
  #usageLength = 0;

  /** Has room for so many rows without growing. */
  constructor(expectedRows = 0) {
    this.#rows = sharedColumns(Math.max(MIN_ROWS, expectedRows));
  }

  get length(): number {
    return this.#length;
  }

  /** Adds an entry of the map `usage`. All of them come first. */
  addUsage({ keys, values }: Batch, entry: number, cpus: number): void {
    const row = this.#begin();
    this.#usageLength = this.#length;
    for (let word = 0; word < ADDRESS_WORDS; word++) {
      this.#rows.addresses[row * ADDRESS_WORDS + word] = swapped(keys[entry * USAGE_KEY.words + word] ?? 0);
    }
    const network = this.#addCounters(row, values, entry * cpus * VALUE_WORDS, cpus);
    this.#rows.networks[row] = Math.max(0, network - 1);
  }

  /** Adds an entry of the map `overflow`. */
  addOverflow({ keys, values }: Batch, entry: number, cpus: number): void {
    const row = this.#begin();
    this.#rows.addresses.set(OVERFLOW_ADDRESS, row * ADDRESS_WORDS);
    this.#rows.networks[row] = keys[entry * OVERFLOW_KEY.words] ?? 0;
    this.#addCounters(row, values, entry * cpus * VALUE_WORDS, cpus);
  }

  /** The rows so far, in the memory in which they are. */
  columns(): UsageColumns {
    const rows = this.#rows;
    const length = this.#length;
    return {
      length,
      addresses: rows.addresses.subarray(0, length * ADDRESS_WORDS),
      networks: rows.networks.subarray(0, length),
      bytesIn: rows.bytesIn.subarray(0, length),
      packetsIn: rows.packetsIn.subarray(0, length),
      bytesOut: rows.bytesOut.subarray(0, length),
      packetsOut: rows.packetsOut.subarray(0, length),
    };
  }

  /** Keys of the rows in the map `usage`. */
  usageKeys(window: number): Uint8Array {
    const keys = new Uint32Array(this.#usageLength * USAGE_KEY.words);
    let at = 0;
    for (let row = 0; row < this.#usageLength; row++) {
      for (let word = 0; word < ADDRESS_WORDS; word++) {
        keys[at++] = swapped(this.#rows.addresses[row * ADDRESS_WORDS + word] ?? 0);
      }
      keys[at++] = window;
    }
    return new Uint8Array(keys.buffer);
  }

  /** Keys of the rows in the map `overflow`. */
  overflowKeys(window: number): Uint8Array {
    const networks = this.#rows.networks.subarray(this.#usageLength, this.#length);
    return new Uint8Array(Uint32Array.from([...networks].flatMap((network) => [network, window])).buffer);
  }

  /** Adds up the CPUs' counters. Returns the network's index + 1, which only the CPU that made the entry has. */
  #addCounters(row: number, values: Uint32Array, from: number, cpus: number): number {
    const { bytesIn, packetsIn, bytesOut, packetsOut } = this.#rows;
    let network = 0;
    for (let cpu = 0; cpu < cpus; cpu++) {
      const at = from + cpu * VALUE_WORDS;
      bytesIn[row] = (bytesIn[row] ?? 0) + counterAt(values, at + BYTES_IN);
      packetsIn[row] = (packetsIn[row] ?? 0) + counterAt(values, at + PACKETS_IN);
      bytesOut[row] = (bytesOut[row] ?? 0) + counterAt(values, at + BYTES_OUT);
      packetsOut[row] = (packetsOut[row] ?? 0) + counterAt(values, at + PACKETS_OUT);
      network = Math.max(network, values[at + USAGE_VALUE.network * 2] ?? 0);
    }
    return network;
  }

  #begin(): number {
    if (this.#length === this.#rows.length) this.#grow();
    return this.#length++;
  }

  #grow(): void {
    const old = this.#rows;
    this.#rows = sharedColumns(old.length * 2);
    this.#rows.addresses.set(old.addresses);
    this.#rows.networks.set(old.networks);
    this.#rows.bytesIn.set(old.bytesIn);
    this.#rows.packetsIn.set(old.packetsIn);
    this.#rows.bytesOut.set(old.bytesOut);
    this.#rows.packetsOut.set(old.packetsOut);
  }
}

function counterAt(values: Uint32Array, at: number): number {
  return (values[at] ?? 0) + (values[at + 1] ?? 0) * WORD;
}

/** The kernel's key holds network order; this agent runs on little-endian machines. */
function swapped(word: number): number {
  return ((word << 24) | ((word << 8) & 0xff0000) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0;
}
