// Rows out of the kernel's maps: the sum over CPUs, addresses as the agent has them, keys as the kernel has them.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Batch } from "../../../../src/capture/ebpf/bpf-map.ts";
import { WindowRows } from "../../../../src/capture/ebpf/window-rows.ts";
import { type Address, addressAt, addressToBytes, formatAddress, parseAddress } from "../../../../src/model/address.ts";

const WINDOW = 29_777_777;
const ALL_ONES: Address = [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff];

/** Bytes in, packets in, bytes out, packets out, and the network's index + 1 (0 where another CPU made the entry). */
type CpuValue = readonly [number, number, number, number, number];

function words(...buffers: readonly Buffer[]): Uint32Array {
  return new Uint32Array(Uint8Array.from(Buffer.concat(buffers)).buffer);
}

function value(cpus: readonly CpuValue[]): Buffer {
  const buffer = Buffer.alloc(cpus.length * 40);
  cpus.flat().forEach((counter, index) => buffer.writeBigUInt64LE(BigInt(counter), index * 8));
  return buffer;
}

function usageKey(address: Address): Buffer {
  const window = Buffer.alloc(4);
  window.writeUInt32LE(WINDOW);
  return Buffer.concat([addressToBytes(address), window]);
}

function usageBatch(entries: readonly { address: Address; cpus: readonly CpuValue[] }[]): Batch {
  return {
    length: entries.length,
    keys: words(...entries.map(({ address }) => usageKey(address))),
    values: words(...entries.map(({ cpus }) => value(cpus))),
  };
}

function overflowKey(network: number): Buffer {
  return Buffer.from(Uint32Array.of(network, WINDOW).buffer);
}

function overflowBatch(entries: readonly { network: number; cpus: readonly CpuValue[] }[]): Batch {
  return {
    length: entries.length,
    keys: words(...entries.map(({ network }) => overflowKey(network))),
    values: words(...entries.map(({ cpus }) => value(cpus))),
  };
}

function parsed(text: string): Address {
  const address = parseAddress(text);
  if (address === null) throw new Error(`${text} is no address`);
  return address;
}

/** Address, network, counters of each row. */
function rowsOf(rows: WindowRows): readonly unknown[][] {
  const { length, addresses, networks, bytesIn, packetsIn, bytesOut, packetsOut } = rows.columns();
  return Array.from({ length }, (_, row) => [
    formatAddress(addressAt(addresses, row)),
    networks[row],
    ...[bytesIn, packetsIn, bytesOut, packetsOut].map((column) => column[row]),
  ]);
}

describe("WindowRows", () => {
  it("adds up the CPUs, of which only the one that made the entry knows the network", () => {
    const rows = new WindowRows();
    const cpus: CpuValue[] = [
      [100, 1, 20, 2, 0],
      [1_000, 3, 0, 0, 8],
      [0, 0, 0, 0, 0],
      [5, 1, 7, 1, 0],
    ];
    rows.addUsage(usageBatch([{ address: parsed("192.0.2.1"), cpus }]), 0, 4);
    expect(rowsOf(rows)).toEqual([["192.0.2.1", 7, 1_105, 5, 27, 3]]);
  });

  it("takes each of two entries from its own place in the batch", () => {
    const rows = new WindowRows();
    const batch = usageBatch([
      {
        address: parsed("192.0.2.1"),
        cpus: [
          [1, 1, 0, 0, 1],
          [2, 1, 0, 0, 0],
        ],
      },
      {
        address: parsed("2001:db8::1"),
        cpus: [
          [0, 0, 4, 1, 0],
          [0, 0, 8, 1, 2],
        ],
      },
    ]);
    for (const entry of [1, 0]) rows.addUsage(batch, entry, 2);
    expect(rowsOf(rows)).toEqual([
      ["2001:db8::1", 1, 0, 0, 12, 2],
      ["192.0.2.1", 0, 3, 2, 0, 0],
    ]);
  });

  it("is exact up to 2^53, also where a CPU's counter needs both halves", () => {
    const half = 2 ** 52 - 1;
    const rows = new WindowRows();
    const cpus: CpuValue[] = [
      [half, 2 ** 32, 0xffffffff, 1, 1],
      [half + 1, 0, 1, 0, 0],
    ];
    rows.addUsage(usageBatch([{ address: parsed("192.0.2.1"), cpus }]), 0, 2);
    expect(rowsOf(rows)).toEqual([["192.0.2.1", 0, 2 ** 53 - 1, 2 ** 32, 2 ** 32, 1]]);
  });

  it("shows a network's overflow as the overflow address, behind the addresses", () => {
    const rows = new WindowRows();
    rows.addUsage(usageBatch([{ address: parsed("192.0.2.1"), cpus: [[1, 1, 0, 0, 1]] }]), 0, 1);
    const overflow = overflowBatch([
      { network: 0, cpus: [[10, 1, 0, 0, 1]] },
      { network: 3, cpus: [[0, 0, 20, 2, 4]] },
    ]);
    for (const entry of [0, 1]) rows.addOverflow(overflow, entry, 1);
    expect(rowsOf(rows)).toEqual([
      ["192.0.2.1", 0, 1, 1, 0, 0],
      ["overflow", 0, 10, 1, 0, 0],
      ["overflow", 3, 0, 0, 20, 2],
    ]);
  });

  it("keeps an accounted address of all ones and the overflow apart where it deletes", () => {
    const rows = new WindowRows();
    rows.addUsage(usageBatch([{ address: ALL_ONES, cpus: [[1, 1, 0, 0, 3]] }]), 0, 1);
    rows.addOverflow(overflowBatch([{ network: 2, cpus: [[2, 1, 0, 0, 3]] }]), 0, 1);
    expect(Buffer.from(rows.usageKeys(WINDOW))).toEqual(usageKey(ALL_ONES));
    expect(Buffer.from(rows.overflowKeys(WINDOW))).toEqual(overflowKey(2));
  });

  it("posts its columns without a copy, and has them still", () => {
    const rows = new WindowRows();
    const batch = usageBatch([{ address: parsed("192.0.2.1"), cpus: [[1, 2, 3, 4, 1]] }]);
    rows.addUsage(batch, 0, 1);
    const before = rowsOf(rows);
    const posted = structuredClone(rows.columns());
    expect(posted).toEqual(rows.columns());
    expect(rowsOf(rows)).toEqual(before);
    expect(Buffer.from(rows.usageKeys(WINDOW))).toEqual(usageKey(parsed("192.0.2.1")));
    posted.bytesIn[0] = 9;
    expect(rows.columns().bytesIn[0]).toBe(9);
  });

  it("has the same rows whatever it expects", () => {
    const batch = usageBatch(
      Array.from({ length: 900 }, (_, host) => ({ address: [0, 0, 0xffff, host], cpus: [[host, 1, 2 * host, 2, 1]] })),
    );
    const [small, exact, large] = [0, 900, 5_000].map((expected) => {
      const rows = new WindowRows(expected);
      for (let entry = 0; entry < batch.length; entry++) rows.addUsage(batch, entry, 1);
      return rowsOf(rows);
    });
    expect(small).toHaveLength(900);
    expect(exact).toEqual(small);
    expect(large).toEqual(small);
  });

  it("has no keys where it has no rows", () => {
    const rows = new WindowRows();
    expect(rows.usageKeys(WINDOW)).toHaveLength(0);
    expect(rows.overflowKeys(WINDOW)).toHaveLength(0);
    expect(rows.columns().length).toBe(0);
  });

  it("gives the kernel's keys back, for any addresses and more of them than it first has room for", () => {
    const word = fc.nat(0xffffffff);
    const anyAddress: fc.Arbitrary<Address> = fc.tuple(word, word, word, word);
    fc.assert(
      fc.property(fc.array(anyAddress, { maxLength: 700, size: "max" }), fc.array(fc.nat(65_535)), (all, networks) => {
        const rows = new WindowRows();
        const usage = usageBatch(all.map((one) => ({ address: one, cpus: [[1, 1, 0, 0, 1]] })));
        const overflow = overflowBatch(networks.map((network) => ({ network, cpus: [[1, 1, 0, 0, network + 1]] })));
        for (const entry of all.keys()) rows.addUsage(usage, entry, 1);
        for (const entry of networks.keys()) rows.addOverflow(overflow, entry, 1);
        expect(Buffer.from(rows.usageKeys(WINDOW))).toEqual(Buffer.concat(all.map(usageKey)));
        expect(Buffer.from(rows.overflowKeys(WINDOW))).toEqual(Buffer.concat(networks.map(overflowKey)));
        expect(rows.columns().addresses.slice(0, all.length * 4)).toEqual(Uint32Array.from(all.flat()));
      }),
      { numRuns: 30 },
    );
  });
});
