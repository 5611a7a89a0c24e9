// The configured networks as the kernel's program looks them up: prefixes for the trie, and the filter before it.

import { type Address, isMappedIPv4 } from "../../model/address.ts";
import type { Network } from "../../model/network.ts";
import { lastAddress, type Prefix } from "../../model/prefix.ts";
import { FILTER, NETWORK_KEY, NETWORK_VALUE } from "./layout.ts";

export interface NetworkEntries {
  readonly length: number;
  /** struct network_key each. */
  readonly keys: Buffer;
  /** Index of the network each. */
  readonly values: Buffer;
}

/** The first of two networks that name the same prefix has it, as in the agent's own table. */
export function networkEntries(networks: readonly Network[]): NetworkEntries {
  const owners = new Map<string, { prefix: Prefix; network: number }>();
  for (const [network, { prefixes }] of networks.entries()) {
    for (const prefix of prefixes) {
      const key = `${prefix.length} ${prefix.first.join(" ")}`;
      if (!owners.has(key)) owners.set(key, { prefix, network });
    }
  }
  const keys = Buffer.alloc(owners.size * NETWORK_KEY.bytes);
  const values = Buffer.alloc(owners.size * NETWORK_VALUE.bytes);
  let at = 0;
  for (const { prefix, network } of owners.values()) {
    keys.writeUInt32LE(prefix.length, at * NETWORK_KEY.bytes);
    for (const [word, value] of prefix.first.entries())
      keys.writeUInt32BE(value, at * NETWORK_KEY.bytes + 4 + word * 4);
    values.writeUInt32LE(network, at * NETWORK_VALUE.bytes);
    at++;
  }
  return { length: owners.size, keys, values };
}

/** struct filter: one bit for each first 16 bits that a prefix covers, by family. */
export function networkFilter(networks: readonly Network[]): Buffer {
  const filter = Buffer.alloc(FILTER.bytes);
  for (const prefix of networks.flatMap(({ prefixes }) => prefixes)) mark(filter, prefix);
  return filter;
}

const FIRST_MAPPED: Address = [0, 0, 0xffff, 0];

function mark(filter: Buffer, prefix: Prefix): void {
  const last = lastAddress(prefix);
  if (isMappedIPv4(prefix.first) && isMappedIPv4(last)) {
    markBlocks(filter, 0, prefix.first[3], last[3]);
    return;
  }
  markBlocks(filter, FILTER.ipv6, prefix.first[0], last[0]);
  // An IPv6 prefix around ::ffff:0:0/96 holds all of IPv4.
  if (prefix.length < 96 && covers(prefix, FIRST_MAPPED)) markBlocks(filter, 0, 0, 0xffffffff);
}

function covers(prefix: Prefix, address: Address): boolean {
  const last = lastAddress(prefix);
  const isAtLeast = (a: Address, b: Address): boolean => {
    const word = a.findIndex((value, index) => value !== b[index]);
    return word < 0 || (a[word] ?? 0) > (b[word] ?? 0);
  };
  return isAtLeast(address, prefix.first) && isAtLeast(last, address);
}

function markBlocks(filter: Buffer, at: number, first: number, last: number): void {
  for (let block = first >>> 16; block <= last >>> 16; block++) {
    const byte = at + (block >>> 3);
    filter.writeUInt8(filter.readUInt8(byte) | (1 << (block & 7)), byte);
  }
}
