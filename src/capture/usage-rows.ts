// The rows of one window's usage, in order of arrival: address, network and four counters, 52 bytes a row in typed
// arrays that double. A row keeps its number until `clear`.

import type { Address } from "../model/address.ts";
import type { UsageColumns } from "../model/window.ts";

const START_ROWS = 512;
export const KEY_WORDS = 4;
/** Counters of a row: bytes in, packets in, bytes out, packets out. */
const COUNTERS = 4;

export class UsageRows {
  #keys = new Int32Array(START_ROWS * KEY_WORDS);
  #networks = new Int32Array(START_ROWS);
  #counters = new Float64Array(START_ROWS * COUNTERS);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The addresses, four int32 words a row; `append` may put another array in its place. */
  get keys(): Int32Array {
    return this.#keys;
  }

  /** Makes a row with zero counters and returns its number. */
  append(network: number, address: Address): number {
    if (this.#length === this.#networks.length) this.#grow();
    const row = this.#length++;
    this.#keys.set(address, row * KEY_WORDS);
    this.#networks[row] = network;
    return row;
  }

  networkOf(row: number): number {
    return this.#networks[row] ?? 0;
  }

  addIn(row: number, bytes: number, packets: number): void {
    this.#add(row * COUNTERS, bytes, packets);
  }

  addOut(row: number, bytes: number, packets: number): void {
    this.#add(row * COUNTERS + 2, bytes, packets);
  }

  /** Both directions of a row together. */
  sum(row: number): { readonly bytes: number; readonly packets: number } {
    const at = row * COUNTERS;
    const [bytesIn = 0, packetsIn = 0, bytesOut = 0, packetsOut = 0] = this.#counters.subarray(at, at + COUNTERS);
    return { bytes: bytesIn + bytesOut, packets: packetsIn + packetsOut };
  }

  /** Copies all rows. */
  columns(): UsageColumns {
    return {
      length: this.#length,
      addresses: new Uint32Array(this.#keys.subarray(0, this.#length * KEY_WORDS)),
      networks: new Uint32Array(this.#networks.subarray(0, this.#length)),
      bytesIn: this.#column(0),
      packetsIn: this.#column(1),
      bytesOut: this.#column(2),
      packetsOut: this.#column(3),
    };
  }

  /** Forgets all rows and keeps the room. */
  clear(): void {
    this.#counters.fill(0, 0, this.#length * COUNTERS);
    this.#length = 0;
  }

  #add(at: number, bytes: number, packets: number): void {
    const counters = this.#counters;
    counters[at] = (counters[at] ?? 0) + bytes;
    counters[at + 1] = (counters[at + 1] ?? 0) + packets;
  }

  #column(counter: number): Float64Array {
    const column = new Float64Array(this.#length);
    for (let row = 0; row < column.length; row++) column[row] = this.#counters[row * COUNTERS + counter] ?? 0;
    return column;
  }

  #grow(): void {
    this.#keys = copyInto(new Int32Array(this.#keys.length * 2), this.#keys);
    this.#networks = copyInto(new Int32Array(this.#networks.length * 2), this.#networks);
    this.#counters = copyInto(new Float64Array(this.#counters.length * 2), this.#counters);
  }
}

function copyInto<Column extends Int32Array | Float64Array>(target: Column, source: Column): Column {
  target.set(source);
  return target;
}
