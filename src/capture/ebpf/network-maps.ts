// The configured networks as the kernel's program looks them up: prefixes for the trie, and the filter before it.

import { isMappedIPv4, MAPPED_WORD } from "../../model/address.ts";
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

/** All of IPv4. Families are apart: an IPv6 prefix around it takes no IPv4 address, so the trie needs an answer here. */
const IPV4_SPACE: Prefix = { first: [0, 0, MAPPED_WORD, 0], length: 96 };
/** NO_NETWORK of program.bpf.c. */
const NO_NETWORK = 0xffff_ffff;

/** The first of two networks that name the same prefix has it, as in the agent's own table. */
export function networkEntries(networks: readonly Network[]): NetworkEntries {
  const owners = new Map<string, { prefix: Prefix; network: number }>();
  const own = (prefix: Prefix, network: number): void => {
    const key = `${prefix.length} ${prefix.first.join(" ")}`;
    if (!owners.has(key)) owners.set(key, { prefix, network });
  };
  for (const [network, { prefixes }] of networks.entries()) for (const prefix of prefixes) own(prefix, network);
  if ([...owners.values()].some(({ prefix }) => mayHoldIPv4(prefix))) own(IPV4_SPACE, NO_NETWORK);
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

/** Whether an IPv6 prefix may be around all of IPv4. */
function mayHoldIPv4({ first, length }: Prefix): boolean {
  return length < IPV4_SPACE.length && first[0] === 0 && first[1] === 0;
}

/** Entries of the trie: every prefix, and all of IPv4. */
export function maxNetworkEntries(networks: readonly Network[]): number {
  return networks.reduce((sum, { prefixes }) => sum + prefixes.length, 1);
}

/** struct filter: one bit for each first 16 bits that a prefix covers, by family. */
export function networkFilter(networks: readonly Network[]): Buffer {
  const filter = Buffer.alloc(FILTER.bytes);
  for (const prefix of networks.flatMap(({ prefixes }) => prefixes)) mark(filter, prefix);
  return filter;
}

function mark(filter: Buffer, prefix: Prefix): void {
  const last = lastAddress(prefix);
  if (isMappedIPv4(prefix.first)) markBlocks(filter, 0, prefix.first[3], last[3]);
  else markBlocks(filter, FILTER.ipv6, prefix.first[0], last[0]);
}

function markBlocks(filter: Buffer, at: number, first: number, last: number): void {
  for (let block = first >>> 16; block <= last >>> 16; block++) {
    const byte = at + (block >>> 3);
    filter.writeUInt8(filter.readUInt8(byte) | (1 << (block & 7)), byte);
  }
}
