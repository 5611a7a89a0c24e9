// Longest prefix match over the accounted networks. IPv4 and IPv6 are apart: neither ::/0 nor another IPv6 prefix
// around ::ffff:0:0/96 takes IPv4 addresses.

import { isMappedIPv4, MAPPED_WORD } from "../model/address.ts";
import type { Network } from "../model/network.ts";
import type { Prefix } from "../model/prefix.ts";
import { flattenPrefixes, type OwnedPrefix } from "./prefix-ranges.ts";
import { RangeTable } from "./range-table.ts";

const IPV4_SPACE: Prefix = { first: [0, 0, MAPPED_WORD, 0], length: 96 };
const IPV6_SPACE: Prefix = { first: [0, 0, 0, 0], length: 0 };

export class NetworkTable {
  /** Network index to name. */
  readonly names: readonly string[];
  readonly #ipv4: RangeTable;
  readonly #ipv6: RangeTable;

  constructor(networks: readonly Network[]) {
    const owned = networks.flatMap(({ prefixes }, network) => prefixes.map((prefix) => ({ prefix, network })));
    this.names = networks.map(({ name }) => name);
    this.#ipv4 = new RangeTable(3, flattenPrefixes(IPV4_SPACE, owned.filter(isIPv4)));
    this.#ipv6 = new RangeTable(
      0,
      flattenPrefixes(
        IPV6_SPACE,
        owned.filter((prefix) => !isIPv4(prefix)),
      ),
    );
  }

  /** Rejects most unaccounted addresses at the cost of one bit: false where nothing near the address is accounted. */
  mayHold(w0: number, w1: number, w2: number, w3: number): boolean {
    return isMapped(w0, w1, w2) ? this.#ipv4.isAccountedBlock(w3 >>> 16) : this.#ipv6.isAccountedBlock(w0 >>> 16);
  }

  /** The index of the network whose longest prefix holds an address of four int32 words, or -1. */
  lookup(w0: number, w1: number, w2: number, w3: number): number {
    return isMapped(w0, w1, w2) ? this.lookupIPv4(w3) : this.#ipv6.lookup(w0, w1, w2, w3);
  }

  /** The same for an IPv4 address, an int32 word. */
  lookupIPv4(word: number): number {
    return this.#ipv4.lookup(0, 0, MAPPED_WORD, word);
  }
}

function isIPv4({ prefix }: OwnedPrefix): boolean {
  return isMappedIPv4(prefix.first);
}

function isMapped(w0: number, w1: number, w2: number): boolean {
  return w0 === 0 && w1 === 0 && w2 === MAPPED_WORD;
}
