import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { AddressTable } from "../../../src/capture/address-table.ts";
import { type Address, addressAt, OVERFLOW_ADDRESS } from "../../../src/model/address.ts";
import type { UsageColumns } from "../../../src/model/window.ts";

const find = (table: AddressTable, [w0, w1, w2, w3]: Address): number => table.find(w0 | 0, w1 | 0, w2 | 0, w3 | 0);
const ipv4 = (word: number): Address => [0, 0, 0xffff, word];

/** `[address, network, bytesIn, packetsIn, bytesOut, packetsOut]` of each row. */
function rowsOf(usage: UsageColumns): (Address | number | undefined)[][] {
  return Array.from({ length: usage.length }, (_, row) => [
    addressAt(usage.addresses, row),
    usage.networks[row],
    usage.bytesIn[row],
    usage.packetsIn[row],
    usage.bytesOut[row],
    usage.packetsOut[row],
  ]);
}

describe("AddressTable", () => {
  it("finds what was inserted and nothing else", () => {
    const table = new AddressTable(10);
    const row = table.insert(3, [0x20010db8, 0xffffffff, 0x80000000, 1]);
    expect(find(table, [0x20010db8, 0xffffffff, 0x80000000, 1])).toBe(row);
    expect(find(table, [0x20010db8, 0xffffffff, 0x80000000, 2])).toBe(-1);
    expect(find(table, [0x20010db8, 0xffffffff, 0, 1])).toBe(-1);
    expect(find(table, [0x20010db8, 0, 0x80000000, 1])).toBe(-1);
    expect(find(table, [0, 0xffffffff, 0x80000000, 1])).toBe(-1);
    expect(table.count).toBe(1);
  });

  it("keeps the four counters of an address apart, with addresses as unsigned words", () => {
    const table = new AddressTable(10);
    const row = table.insert(3, ipv4(0xc0000201));
    table.addIn(row, 100, 1);
    table.addIn(row, 2 ** 40, 2);
    table.addOut(row, 7, 3);
    expect(rowsOf(table.columns())).toEqual([[ipv4(0xc0000201), 3, 100 + 2 ** 40, 3, 7, 3]]);
  });

  it("keeps rows and counters while it grows", () => {
    const table = new AddressTable(20_000);
    const hosts = Array.from({ length: 20_000 }, (_, index): Address => {
      return index % 2 === 0 ? ipv4(0x0a000000 + index) : [0x20010db8, 0, index, 1];
    });
    const rows = hosts.map((address, index) => {
      const row = table.insert(index % 7, address);
      table.addOut(row, index, 1);
      return row;
    });
    expect(hosts.map((address) => find(table, address))).toEqual(rows);
    expect(rowsOf(table.columns())).toEqual(hosts.map((address, index) => [address, index % 7, 0, 0, index, 1]));
  });

  it("sends what finds no room to one overflow row a network", () => {
    const table = new AddressTable(2);
    table.insert(0, ipv4(1));
    expect(table.isFull).toBe(false);
    table.insert(1, ipv4(2));
    expect(table.isFull).toBe(true);
    const overflow = table.insert(1, ipv4(3));
    expect(table.insert(1, ipv4(4))).toBe(overflow);
    expect(table.insert(0, ipv4(5))).not.toBe(overflow);
    expect(find(table, ipv4(3))).toBe(-1);
    table.addIn(overflow, 10, 1);
    table.addOut(overflow, 20, 2);
    table.addOut(table.overflowRow(0), 5, 1);
    expect(rowsOf(table.columns()).slice(2)).toEqual([
      [OVERFLOW_ADDRESS, 1, 10, 1, 20, 2],
      [OVERFLOW_ADDRESS, 0, 0, 0, 5, 1],
    ]);
    expect(table.overflow()).toEqual({ overflowBytes: 35, overflowPackets: 4 });
  });

  it("gives overflow rows no part of the room for addresses", () => {
    const table = new AddressTable(1000);
    for (let network = 0; network < 3000; network++) table.overflowRow(network);
    expect(table.insert(0, ipv4(0))).toBe(3000);
    expect(find(table, ipv4(0))).toBe(3000);
    for (let host = 1; host < 1000; host++) table.insert(0, ipv4(host));
    expect(table.count).toBe(4000);
    expect(find(table, ipv4(999))).toBe(3999);
    expect(find(table, OVERFLOW_ADDRESS)).toBe(-1);
    expect(table.isFull).toBe(true);
  });

  it("takes a forged overflow address for overflow, so that its network keeps one such row", () => {
    const table = new AddressTable(10);
    expect(table.insert(4, OVERFLOW_ADDRESS)).toBe(table.overflowRow(4));
    expect(find(table, OVERFLOW_ADDRESS)).toBe(-1);
    expect(table.count).toBe(1);
  });

  it("keeps an address under two networks as two rows", () => {
    const table = new AddressTable(2000);
    const first = table.insert(0, ipv4(1));
    const second = table.insert(1, ipv4(1));
    for (let host = 2; host < 1500; host++) table.insert(0, ipv4(host));
    expect(table.findIn(0, ipv4(1))).toBe(first);
    expect(table.findIn(1, ipv4(1))).toBe(second);
    expect(table.findIn(2, ipv4(1))).toBe(-1);
    expect(find(table, ipv4(1))).toBe(first);
  });

  it("hands out copies that a later change leaves alone", () => {
    const table = new AddressTable(10);
    const row = table.insert(0, ipv4(1));
    const before = table.columns();
    table.addIn(row, 1, 1);
    table.clear();
    table.insert(5, ipv4(9));
    expect(rowsOf(before)).toEqual([[ipv4(1), 0, 0, 0, 0, 0]]);
  });

  it("starts from nothing after a clear", () => {
    const table = new AddressTable(2000);
    for (let host = 0; host < 3000; host++) table.addIn(table.insert(0, ipv4(host)), 1, 1);
    table.clear();
    expect(table.count).toBe(0);
    expect(table.isFull).toBe(false);
    expect(table.overflow()).toEqual({ overflowBytes: 0, overflowPackets: 0 });
    expect(find(table, ipv4(1))).toBe(-1);
    table.insert(2, ipv4(1));
    expect(rowsOf(table.columns())).toEqual([[ipv4(1), 2, 0, 0, 0, 0]]);
  });

  it("makes overflow rows anew after a clear", () => {
    const table = new AddressTable(0);
    table.addIn(table.insert(0, ipv4(1)), 1, 1);
    table.clear();
    table.addIn(table.insert(1, ipv4(2)), 10, 1);
    table.addIn(table.insert(0, ipv4(1)), 100, 1);
    expect(rowsOf(table.columns())).toEqual([
      [OVERFLOW_ADDRESS, 1, 10, 1, 0, 0],
      [OVERFLOW_ADDRESS, 0, 100, 1, 0, 0],
    ]);
  });

  it("agrees with a map", () => {
    const word = fc.constantFrom(0, 1, 2, 0xffff, 0x80000000, 0xffffffff);
    const address = fc.tuple(word, word, word, fc.integer({ min: 0, max: 600 }));
    const events = fc.array(fc.tuple(address, fc.nat(1500)), { maxLength: 3000, size: "max" });
    fc.assert(
      fc.property(events, (list) => {
        const table = new AddressTable(100_000);
        const expected = new Map<string, number>();
        for (const [host, bytes] of list) {
          const found = find(table, host);
          expect(found >= 0).toBe(expected.has(host.join()));
          table.addIn(found >= 0 ? found : table.insert(0, host), bytes, 1);
          expected.set(host.join(), (expected.get(host.join()) ?? 0) + bytes);
        }
        const usage = table.columns();
        const counted = Array.from(usage.bytesIn, (bytes, row) => [addressAt(usage.addresses, row).join(), bytes]);
        expect(counted).toEqual([...expected]);
      }),
      { numRuns: 30 },
    );
  });
});
