import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { NetworkTable } from "../../../src/capture/network-table.ts";
import { type Address, addressFromBytes, compareAddresses, parseAddress } from "../../../src/model/address.ts";
import type { Network } from "../../../src/model/network.ts";
import { lastAddress, parsePrefix, type Prefix } from "../../../src/model/prefix.ts";

function prefix(text: string): Prefix {
  const parsed = parsePrefix(text);
  if (!parsed.ok) throw new Error(`${text} ${parsed.problem}`);
  return parsed.value;
}

function network(name: string, prefixes: readonly Prefix[]): Network {
  return { name, prefixes, labels: {}, billBy: "network" };
}

/** One network for each list of prefixes. */
function tableOf(...networks: string[][]): NetworkTable {
  return new NetworkTable(networks.map((texts, index) => network(`n${index}`, texts.map(prefix))));
}

function lookup(table: NetworkTable, address: Address | string): number {
  const words = typeof address === "string" ? parseAddress(address) : address;
  if (words === null) throw new Error(`${String(address)} is no address`);
  const [w0, w1, w2, w3] = words;
  const found = table.lookup(w0 | 0, w1 | 0, w2 | 0, w3 | 0);
  expect(found < 0 || table.mayHold(w0 | 0, w1 | 0, w2 | 0, w3 | 0)).toBe(true);
  return found;
}

describe("NetworkTable", () => {
  it("finds the network of addresses inside and none outside", () => {
    const table = tableOf(["192.0.2.0/24"], ["2001:db8::/32"]);
    expect(table.names).toEqual(["n0", "n1"]);
    expect(lookup(table, "192.0.1.255")).toBe(-1);
    expect(lookup(table, "192.0.2.0")).toBe(0);
    expect(lookup(table, "192.0.2.255")).toBe(0);
    expect(lookup(table, "192.0.3.0")).toBe(-1);
    expect(lookup(table, "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff")).toBe(-1);
    expect(lookup(table, "2001:db8::")).toBe(1);
    expect(lookup(table, "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff")).toBe(1);
    expect(lookup(table, "2001:db9::")).toBe(-1);
  });

  it("looks up an IPv4 address by its word alone", () => {
    const table = tableOf(["192.0.2.0/24"]);
    expect(table.lookupIPv4(0xc0000201 | 0)).toBe(0);
    expect(table.lookupIPv4(0xc0000301 | 0)).toBe(-1);
  });

  it("takes the longest prefix, also across networks", () => {
    const table = tableOf(["10.0.0.0/8"], ["10.1.0.0/16", "10.1.2.3/32"], ["10.1.2.0/24"]);
    expect(lookup(table, "10.0.255.255")).toBe(0);
    expect(lookup(table, "10.1.1.255")).toBe(1);
    expect(lookup(table, "10.1.2.2")).toBe(2);
    expect(lookup(table, "10.1.2.3")).toBe(1);
    expect(lookup(table, "10.1.2.4")).toBe(2);
    expect(lookup(table, "10.1.3.0")).toBe(1);
    expect(lookup(table, "10.2.0.0")).toBe(0);
  });

  it("keeps adjacent prefixes apart", () => {
    const table = tableOf(["192.0.2.0/25", "2001:db8::/33"], ["192.0.2.128/25", "2001:db8:8000::/33"]);
    expect(lookup(table, "192.0.2.127")).toBe(0);
    expect(lookup(table, "192.0.2.128")).toBe(1);
    expect(lookup(table, "2001:db8:7fff:ffff:ffff:ffff:ffff:ffff")).toBe(0);
    expect(lookup(table, "2001:db8:8000::")).toBe(1);
  });

  it("finds single addresses at both ends of both address spaces", () => {
    const ends = ["0.0.0.0", "255.255.255.255", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"];
    const table = tableOf(...ends.map((end) => [end]));
    expect(ends.map((end) => lookup(table, end))).toEqual([0, 1, 2, 3]);
    const beside = ["0.0.0.1", "255.255.255.254", "::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe"];
    expect(beside.map((address) => lookup(table, address))).toEqual([-1, -1, -1, -1]);
  });

  it("keeps the default routes of the families apart", () => {
    const ipv4 = tableOf(["0.0.0.0/0"]);
    expect(["0.0.0.0", "8.8.8.8", "255.255.255.255"].map((address) => lookup(ipv4, address))).toEqual([0, 0, 0]);
    expect(["::", "::fffe:808:808", "::1:0:0:0", "ffff::"].map((address) => lookup(ipv4, address))).toEqual([
      -1, -1, -1, -1,
    ]);
    for (const around of ["::/0", "::/80", "::fffe:0:0/95"]) {
      const ipv6 = tableOf([around]);
      expect(lookup(ipv6, "::fffe:0:1")).toBe(0);
      expect(lookup(ipv6, "8.8.8.8")).toBe(-1);
    }
  });

  it("takes a mapped prefix in IPv6 text for the IPv4 prefix that it is", () => {
    const table = tableOf(["::ffff:0:0/96"], ["::ffff:192.0.2.0/120"]);
    expect(lookup(table, "8.8.8.8")).toBe(0);
    expect(lookup(table, "192.0.2.9")).toBe(1);
    expect(lookup(table, "::1")).toBe(-1);
  });

  it("gives an equal prefix of two networks to the first", () => {
    const table = tableOf(["198.51.100.0/24"], ["192.0.2.0/24"], ["192.0.2.0/24"]);
    expect(lookup(table, "192.0.2.1")).toBe(1);
  });

  it("rejects addresses of which the first 16 bits are unaccounted without a search", () => {
    const table = tableOf(["192.0.2.0/24", "192.2.0.0/16"], ["2001:db8::/32"]);
    expect(table.mayHold(0, 0, 0xffff, 0xc0000000 | 0)).toBe(true);
    expect(table.mayHold(0, 0, 0xffff, 0xc001ffff | 0)).toBe(false);
    expect(table.mayHold(0, 0, 0xffff, 0xc002ffff | 0)).toBe(true);
    expect(table.mayHold(0, 0, 0xffff, 0xc0030000 | 0)).toBe(false);
    expect(table.mayHold(0x20010000, 0, 0, 0)).toBe(true);
    expect(table.mayHold(0x20020000, 0, 0, 0)).toBe(false);
  });

  it("tells 50,000 neighbouring /48 networks apart", () => {
    const customer = (index: number): Prefix => ({ first: [0x20010db8, index * 65_536, 0, 0], length: 48 });
    const table = new NetworkTable(
      Array.from({ length: 50_000 }, (_, index) => network(`n${index}`, [customer(index)])),
    );
    for (let index = 0; index < 50_000; index += 7) {
      expect(lookup(table, customer(index).first)).toBe(index);
      expect(lookup(table, lastAddress(customer(index)))).toBe(index);
    }
    expect(lookup(table, customer(50_000).first)).toBe(-1);
  });

  it("finds nothing without networks", () => {
    expect(lookup(tableOf(), "192.0.2.1")).toBe(-1);
    expect(lookup(tableOf(), "2001:db8::1")).toBe(-1);
    expect(tableOf().mayHold(0, 0, 0xffff, 1)).toBe(false);
  });

  it("agrees with a search through all prefixes", () => {
    const networks = fc.array(fc.array(nestedPrefix, { maxLength: 6 }), { maxLength: 8 });
    fc.assert(
      fc.property(networks, fc.array(crowdedAddress, { maxLength: 10 }), (lists, strangers) => {
        const table = new NetworkTable(lists.map((prefixes, index) => network(`n${index}`, prefixes)));
        for (const address of [...strangers, ...lists.flat().flatMap(addressesAround)]) {
          expect(lookup(table, address)).toBe(longestMatch(lists, address));
        }
      }),
      { numRuns: 150 },
    );
  });
});

/** Few different bits, so that prefixes nest, touch and reach the ends of the address space. */
const crowdedWord = fc.constantFrom(0, 1, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xc0000200, 0xffff0000, 0xffffffff);
const crowdedAddress: fc.Arbitrary<Address> = fc.oneof(
  crowdedWord.map((word): Address => [0, 0, 0xffff, word]),
  fc.tuple(crowdedWord, crowdedWord, crowdedWord, crowdedWord),
);
const nestedPrefix: fc.Arbitrary<Prefix> = fc
  .tuple(crowdedAddress, fc.oneof(fc.integer({ min: 0, max: 128 }), fc.constantFrom(0, 96, 112, 120, 128)))
  .map(([address, length]) => ({ first: masked(address, length), length }));

function masked(address: Address, length: number): Address {
  const bytes = Buffer.alloc(16);
  address.forEach((word, index) => bytes.writeUInt32BE(word, index * 4));
  for (let bit = length; bit < 128; bit++) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) & ~(0x80 >> (bit & 7));
  return addressFromBytes(bytes);
}

function addressesAround(around: Prefix): Address[] {
  const last = lastAddress(around);
  return [around.first, last, neighbour(around.first, -1), neighbour(last, 1)];
}

function neighbour([w0, w1, w2, w3]: Address, step: number): Address {
  return [w0, w1, w2, (w3 + step) >>> 0];
}

function isIPv4(address: Address): boolean {
  return address[0] === 0 && address[1] === 0 && address[2] === 0xffff;
}

function longestMatch(lists: readonly (readonly Prefix[])[], address: Address): number {
  let best = { length: -1, network: -1 };
  lists.forEach((prefixes, index) => {
    for (const { first, length } of prefixes) {
      const sameFamily = isIPv4(address) === (isIPv4(first) && length >= 96);
      const holds = compareAddresses(masked(address, length), first) === 0;
      if (sameFamily && holds && length > best.length) best = { length, network: index };
    }
  });
  return best.network;
}
