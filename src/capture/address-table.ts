// The counters of one window by address: an open-addressing hash table with linear probing over usage rows.
// Bounded: at most `maxAddresses` addresses, then one overflow row a network, so that no byte is lost.
// A slot holds a row and, above it, the bits of the hash that did not choose the slot: most misses end there.

import { type Address, compareAddresses, OVERFLOW_ADDRESS } from "../model/address.ts";
import type { UsageColumns } from "../model/window.ts";
import { AddressHash } from "./address-hash.ts";
import { KEY_WORDS, UsageRows } from "./usage-rows.ts";

const START_SLOTS = 1024;

export class AddressTable {
  readonly #maxAddresses: number;
  readonly #hash = new AddressHash();
  readonly #rows = new UsageRows();
  /** 0 is free. A power of two, at least twice the rows: probes are short and always meet a free slot. */
  #slots = new Int32Array(START_SLOTS);
  /** Network index to row; these rows are in no slot. */
  readonly #overflowRows = new Map<number, number>();

  constructor(maxAddresses: number) {
    this.#maxAddresses = maxAddresses;
  }

  /** Rows in use, overflow rows included. */
  get count(): number {
    return this.#rows.length;
  }

  /** Whether the next address that is not in the table goes to its network's overflow row. */
  get isFull(): boolean {
    return this.#rows.length - this.#overflowRows.size >= this.#maxAddresses;
  }

  /** The row of an address of four int32 words, or -1; the first one where several networks have it. */
  find(w0: number, w1: number, w2: number, w3: number): number {
    const keys = this.#rows.keys;
    const hash = this.#hash.of(w0, w1, w2, w3);
    for (let slot = this.#nextSlot(hash, hash); slot >= 0; slot = this.#nextSlot(hash, slot + 1)) {
      const row = this.#rowAt(slot);
      const at = row * KEY_WORDS;
      if (keys[at + 3] === w3 && keys[at + 2] === w2 && keys[at + 1] === w1 && keys[at] === w0) return row;
    }
    return -1;
  }

  /** The row of an address under this network, or -1. */
  findIn(network: number, address: Address): number {
    const hash = this.#hashOf(address);
    for (let slot = this.#nextSlot(hash, hash); slot >= 0; slot = this.#nextSlot(hash, slot + 1)) {
      const row = this.#rowAt(slot);
      if (this.#rows.networkOf(row) === network && this.#isAddressOf(row, address)) return row;
    }
    return -1;
  }

  /** Makes the row of an address that has none; gives the network's overflow row where the table is full. */
  insert(network: number, address: Address): number {
    // A forged packet can carry the overflow address, which must stay one row a network.
    if (this.isFull || compareAddresses(address, OVERFLOW_ADDRESS) === 0) return this.overflowRow(network);
    const row = this.#rows.append(network, address);
    if (this.#rows.length * 2 > this.#slots.length) this.#rebuild();
    else this.#file(row, this.#hashOf(address));
    return row;
  }

  /** The row that takes what finds no room, made when first asked for. */
  overflowRow(network: number): number {
    const found = this.#overflowRows.get(network);
    if (found !== undefined) return found;
    const row = this.#rows.append(network, OVERFLOW_ADDRESS);
    this.#overflowRows.set(network, row);
    return row;
  }

  addIn(row: number, bytes: number, packets: number): void {
    this.#rows.addIn(row, bytes, packets);
  }

  addOut(row: number, bytes: number, packets: number): void {
    this.#rows.addOut(row, bytes, packets);
  }

  /** Copies all rows. */
  columns(): UsageColumns {
    return this.#rows.columns();
  }

  /** What the overflow rows hold, both directions together. */
  overflow(): { overflowPackets: number; overflowBytes: number } {
    const overflow = { overflowPackets: 0, overflowBytes: 0 };
    for (const row of this.#overflowRows.values()) {
      const { bytes, packets } = this.#rows.sum(row);
      overflow.overflowPackets += packets;
      overflow.overflowBytes += bytes;
    }
    return overflow;
  }

  /** Forgets all rows and keeps the room. */
  clear(): void {
    this.#slots.fill(0);
    this.#overflowRows.clear();
    this.#rows.clear();
  }

  /** The first slot at or after `from` that may hold this hash, or -1 where a free slot comes before it. */
  #nextSlot(hash: number, from: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = from & mask; ; slot = (slot + 1) & mask) {
      const entry = slots[slot] ?? 0;
      if (entry === 0) return -1;
      if (((entry ^ hash) & ~mask) === 0) return slot;
    }
  }

  #rowAt(slot: number): number {
    return ((this.#slots[slot] ?? 0) & (this.#slots.length - 1)) - 1;
  }

  #isAddressOf(row: number, address: Address): boolean {
    return address.every((word, index) => this.#rows.keys[row * KEY_WORDS + index] === (word | 0));
  }

  #hashOf(address: Address): number {
    return this.#hash.of(address[0] | 0, address[1] | 0, address[2] | 0, address[3] | 0);
  }

  #file(row: number, hash: number): void {
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = (hash & ~mask) | (row + 1);
  }

  #rebuild(): void {
    let slots = this.#slots.length;
    while (slots < this.#rows.length * 2) slots *= 2;
    this.#slots = new Int32Array(slots);
    for (let row = 0; row < this.#rows.length; row++) {
      if (this.#overflowRows.get(this.#rows.networkOf(row)) !== row) this.#file(row, this.#hashOfRow(row));
    }
  }

  #hashOfRow(row: number): number {
    const at = row * KEY_WORDS;
    const [w0 = 0, w1 = 0, w2 = 0, w3 = 0] = this.#rows.keys.subarray(at, at + KEY_WORDS);
    return this.#hash.of(w0, w1, w2, w3);
  }
}
