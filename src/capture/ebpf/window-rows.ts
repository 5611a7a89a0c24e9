// One window's rows out of the kernel's maps: CPUs added up, addresses as the rest of the agent has them.

import { OVERFLOW_ADDRESS } from "../../model/address.ts";
import type { UsageColumns } from "../../model/window.ts";
import type { Batch } from "./bpf-map.ts";
import { OVERFLOW_KEY, USAGE_KEY, USAGE_VALUE } from "./layout.ts";

const START_ROWS = 256;
const ADDRESS_WORDS = 4;
const COUNTERS = 4;
const WORD = 2 ** 32;
/** 32-bit words of one CPU's value. */
const VALUE_WORDS = USAGE_VALUE.words * 2;

export class WindowRows {
  #addresses = new Uint32Array(START_ROWS * ADDRESS_WORDS);
  #networks = new Uint32Array(START_ROWS);
  #counters = new Float64Array(START_ROWS * COUNTERS);
  #length = 0;
  /** Rows out of `usage`, which come before those out of `overflow`. */
  #usageLength = 0;

  get length(): number {
    return this.#length;
  }

  /** Adds an entry of the map `usage`. All of them come first. */
  addUsage({ keys, values }: Batch, entry: number, cpus: number): void {
    const row = this.#begin();
    this.#usageLength = this.#length;
    for (let word = 0; word < ADDRESS_WORDS; word++) {
      this.#addresses[row * ADDRESS_WORDS + word] = swapped(keys[entry * USAGE_KEY.words + word] ?? 0);
    }
    const network = this.#addCounters(row, values, entry * cpus * VALUE_WORDS, cpus);
    this.#networks[row] = Math.max(0, network - 1);
  }

  /** Adds an entry of the map `overflow`. */
  addOverflow({ keys, values }: Batch, entry: number, cpus: number): void {
    const row = this.#begin();
    this.#addresses.set(OVERFLOW_ADDRESS, row * ADDRESS_WORDS);
    this.#networks[row] = keys[entry * OVERFLOW_KEY.words] ?? 0;
    this.#addCounters(row, values, entry * cpus * VALUE_WORDS, cpus);
  }

  columns(): UsageColumns {
    return {
      length: this.#length,
      addresses: this.#addresses.slice(0, this.#length * ADDRESS_WORDS),
      networks: this.#networks.slice(0, this.#length),
      bytesIn: this.#column(0),
      packetsIn: this.#column(1),
      bytesOut: this.#column(2),
      packetsOut: this.#column(3),
    };
  }

  /** Keys of the rows in the map `usage`. */
  usageKeys(window: number): Uint8Array {
    const keys = new Uint32Array(this.#usageLength * USAGE_KEY.words);
    let at = 0;
    for (let row = 0; row < this.#usageLength; row++) {
      for (let word = 0; word < ADDRESS_WORDS; word++) {
        keys[at++] = swapped(this.#addresses[row * ADDRESS_WORDS + word] ?? 0);
      }
      keys[at++] = window;
    }
    return new Uint8Array(keys.buffer);
  }

  /** Keys of the rows in the map `overflow`. */
  overflowKeys(window: number): Uint8Array {
    const networks = this.#networks.subarray(this.#usageLength, this.#length);
    return new Uint8Array(Uint32Array.from([...networks].flatMap((network) => [network, window])).buffer);
  }

  /** Adds up the CPUs' counters. Returns the network's index + 1, which only the CPU that made the entry has. */
  #addCounters(row: number, values: Uint32Array, from: number, cpus: number): number {
    let network = 0;
    for (let cpu = 0; cpu < cpus; cpu++) {
      const at = from + cpu * VALUE_WORDS;
      for (let counter = 0; counter < COUNTERS; counter++) {
        const value = (values[at + counter * 2] ?? 0) + (values[at + counter * 2 + 1] ?? 0) * WORD;
        this.#counters[row * COUNTERS + counter] = (this.#counters[row * COUNTERS + counter] ?? 0) + value;
      }
      network = Math.max(network, values[at + USAGE_VALUE.network * 2] ?? 0);
    }
    return network;
  }

  #column(counter: number): Float64Array {
    const column = new Float64Array(this.#length);
    for (let row = 0; row < column.length; row++) column[row] = this.#counters[row * COUNTERS + counter] ?? 0;
    return column;
  }

  #begin(): number {
    if (this.#length === this.#networks.length) this.#grow();
    return this.#length++;
  }

  #grow(): void {
    const rows = this.#networks.length * 2;
    const [addresses, networks, counters] = [this.#addresses, this.#networks, this.#counters];
    this.#addresses = new Uint32Array(rows * ADDRESS_WORDS);
    this.#networks = new Uint32Array(rows);
    this.#counters = new Float64Array(rows * COUNTERS);
    this.#addresses.set(addresses);
    this.#networks.set(networks);
    this.#counters.set(counters);
  }
}

/** The kernel's key holds network order; this agent runs on little-endian machines. */
function swapped(word: number): number {
  return ((word << 24) | ((word << 8) & 0xff0000) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0;
}
