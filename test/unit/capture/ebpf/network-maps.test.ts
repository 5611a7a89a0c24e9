// The kernel's trie and filter answer as the agent's own table of networks does.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { networkEntries, networkFilter } from "../../../../src/capture/ebpf/network-maps.ts";
import { NetworkTable } from "../../../../src/capture/network-table.ts";
import { type Address, addressFromBytes, formatAddress, parseAddress } from "../../../../src/model/address.ts";
import type { Network } from "../../../../src/model/network.ts";
import { lastAddress, parsePrefix, type Prefix } from "../../../../src/model/prefix.ts";

const NO_NETWORK = 0xffff_ffff;

function prefix(text: string): Prefix {
  const result = parsePrefix(text);
  if (!result.ok) throw new Error(`${text} ${result.problem}`);
  return result.value;
}

/** One network for each list of prefixes. */
function networksOf(lists: readonly (readonly Prefix[])[]): Network[] {
  return lists.map((prefixes, index) => ({ name: `n${index}`, prefixes, labels: {}, billBy: "network" }));
}

function fromTexts(...lists: readonly string[][]): Network[] {
  return networksOf(lists.map((texts) => texts.map(prefix)));
}

/** What BPF_MAP_TYPE_LPM_TRIE finds for an address, -1 where nothing. */
function kernelLookup(networks: readonly Network[], address: Address): number {
  const { length, keys, values } = networkEntries(networks);
  let best = { length: -1, value: NO_NETWORK };
  for (let entry = 0; entry < length; entry++) {
    const bits = keys.readUInt32LE(entry * 20);
    const first = addressFromBytes(keys.subarray(entry * 20 + 4, entry * 20 + 20));
    const isInside = masked(address, bits).every((word, index) => word === first[index]);
    if (isInside && bits > best.length) best = { length: bits, value: values.readUInt32LE(entry * 4) };
  }
  return best.value === NO_NETWORK ? -1 : best.value;
}

/** `may_hold` of program.bpf.c. */
function mayHold(filter: Buffer, [w0, w1, w2, w3]: Address): boolean {
  const isIPv4 = w0 === 0 && w1 === 0 && w2 === 0xffff;
  const block = (isIPv4 ? w3 : w0) >>> 16;
  const word = filter.readUInt32LE((isIPv4 ? 0 : 8_192) + (block >>> 5) * 4);
  return ((word >>> (block & 31)) & 1) === 1;
}

function agentLookup(table: NetworkTable, [w0, w1, w2, w3]: Address): number {
  return table.lookup(w0 | 0, w1 | 0, w2 | 0, w3 | 0);
}

/** Addresses of which trie or filter say something else than the table. */
function disagreements(networks: readonly Network[], addresses: readonly Address[]): readonly unknown[] {
  const table = new NetworkTable(networks);
  const filter = networkFilter(networks);
  return addresses
    .map((address) => {
      const [w0, w1, w2, w3] = address;
      const agent = agentLookup(table, address);
      const agentMayHold = table.mayHold(w0 | 0, w1 | 0, w2 | 0, w3 | 0);
      const [kernel, kernelMayHold] = [kernelLookup(networks, address), mayHold(filter, address)];
      return { address: formatAddress(address), agent, kernel, agentMayHold, kernelMayHold };
    })
    .filter(
      ({ agent, kernel, agentMayHold, kernelMayHold }) =>
        agent !== kernel || agentMayHold !== kernelMayHold || (agent >= 0 && !kernelMayHold),
    );
}

function parsed(text: string): Address {
  const address = parseAddress(text);
  if (address === null) throw new Error(`${text} is no address`);
  return address;
}

const everywhere = [
  "0.0.0.0",
  "8.8.8.8",
  "255.255.255.255",
  "::",
  "::1",
  "::fffe:0:1",
  "::1:0:0:0",
  "2001:db8::",
  "ffff::",
].map(parsed);

describe("networkEntries", () => {
  it("has an entry for each prefix, its address in network order", () => {
    const { length, keys, values } = networkEntries(fromTexts(["192.0.2.0/24"], ["2001:db8::/32"]));
    expect(length).toBe(2);
    expect(keys.toString("hex")).toBe(
      "7800000000000000000000000000ffffc00002002000000020010db8000000000000000000000000",
    );
    expect(values.toString("hex")).toBe("0000000001000000");
  });

  it("gives an equal prefix of two networks to the first, and has it once", () => {
    const networks = fromTexts(["198.51.100.0/24"], ["192.0.2.0/24"], ["192.0.2.0/24", "192.0.2.0/24"]);
    expect(networkEntries(networks).length).toBe(2);
    expect(kernelLookup(networks, parsed("192.0.2.1"))).toBe(1);
  });

  it("takes the longest of nested prefixes, also across networks", () => {
    const networks = fromTexts(["10.0.0.0/8"], ["10.1.0.0/16", "10.1.2.3/32"], ["10.1.2.0/24"]);
    expect(
      disagreements(networks, ["10.0.0.1", "10.1.1.1", "10.1.2.2", "10.1.2.3", "10.2.0.0", "11.0.0.0"].map(parsed)),
    ).toEqual([]);
  });

  it.each(["::/0", "::/80", "::fffe:0:0/95"])("gives no IPv4 address to %s, which is around all of them", (around) => {
    expect(disagreements(fromTexts([around]), everywhere)).toEqual([]);
    expect(kernelLookup(fromTexts([around]), parsed("8.8.8.8"))).toBe(-1);
  });

  it("tells the default routes of both families apart, whichever comes first", () => {
    expect(disagreements(fromTexts(["0.0.0.0/0"], ["::/0"]), everywhere)).toEqual([]);
    expect(disagreements(fromTexts(["::/0"], ["0.0.0.0/0"]), everywhere)).toEqual([]);
    expect(disagreements(fromTexts(["::/0"], ["10.0.0.0/8"]), [...everywhere, parsed("10.1.1.1")])).toEqual([]);
  });

  it("is empty without networks", () => {
    expect(networkEntries([]).length).toBe(0);
    expect(networkFilter([]).every((byte) => byte === 0)).toBe(true);
  });

  it("agrees with the agent's own table on any networks, and the filter denies no accounted address", () => {
    const networks = fc.array(fc.array(nestedPrefix, { maxLength: 6 }), { maxLength: 8 });
    fc.assert(
      fc.property(networks, fc.array(crowdedAddress, { maxLength: 10 }), (lists, strangers) => {
        expect(disagreements(networksOf(lists), [...strangers, ...lists.flat().flatMap(addressesAround)])).toEqual([]);
      }),
      { numRuns: 100 },
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
  .tuple(crowdedAddress, fc.oneof(fc.integer({ min: 0, max: 128 }), fc.constantFrom(0, 95, 96, 97, 112, 128)))
  .map(([inside, length]) => ({ first: masked(inside, length), length }));

function masked(whole: Address, length: number): Address {
  const mask = (index: number): number => {
    const bits = Math.min(32, Math.max(0, length - index * 32));
    return bits === 0 ? 0 : (0xffff_ffff << (32 - bits)) >>> 0;
  };
  return [
    (whole[0] & mask(0)) >>> 0,
    (whole[1] & mask(1)) >>> 0,
    (whole[2] & mask(2)) >>> 0,
    (whole[3] & mask(3)) >>> 0,
  ];
}

function addressesAround(around: Prefix): Address[] {
  const last = lastAddress(around);
  return [around.first, last, neighbour(around.first, -1), neighbour(last, 1)];
}

function neighbour([w0, w1, w2, w3]: Address, step: number): Address {
  return [w0, w1, w2, (w3 + step) >>> 0];
}
