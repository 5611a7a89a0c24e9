// Nested prefixes flattened into disjoint ranges, so that the longest match is the one range that holds an address.

import { type Address, compareAddresses } from "../model/address.ts";
import { lastAddress, type Prefix } from "../model/prefix.ts";

export const NO_NETWORK = -1;

export interface OwnedPrefix {
  readonly prefix: Prefix;
  /** Network index. */
  readonly network: number;
}

/** From `first` up to the next range. */
export interface PrefixRange {
  readonly first: Address;
  /** That of the longest prefix around the range; `NO_NETWORK` where there is none. */
  readonly network: number;
}

/** Cuts `space`, which holds all the prefixes, into ranges in order of address. Of equal prefixes the first counts. */
export function flattenPrefixes(space: Prefix, prefixes: readonly OwnedPrefix[]): PrefixRange[] {
  const ranges: PrefixRange[] = [{ first: space.first, network: NO_NETWORK }];
  const open: { last: Address; network: number }[] = [];
  const closeBefore = (address: Address): void => {
    for (let inner = open.at(-1); inner && compareAddresses(inner.last, address) < 0; inner = open.at(-1)) {
      open.pop();
      startRange(ranges, { first: nextAddress(inner.last), network: open.at(-1)?.network ?? NO_NETWORK });
    }
  };
  for (const { prefix, network } of outermostFirst(prefixes)) {
    closeBefore(prefix.first);
    startRange(ranges, { first: prefix.first, network });
    open.push({ last: lastAddress(prefix), network });
  }
  closeBefore(lastAddress(space));
  return ranges;
}

function outermostFirst(prefixes: readonly OwnedPrefix[]): OwnedPrefix[] {
  const sorted = [...prefixes].sort((a, b) => comparePrefixes(a.prefix, b.prefix));
  return sorted.filter(({ prefix }, index) => {
    const before = sorted[index - 1];
    return before === undefined || comparePrefixes(before.prefix, prefix) !== 0;
  });
}

function comparePrefixes(a: Prefix, b: Prefix): number {
  return compareAddresses(a.first, b.first) || a.length - b.length;
}

/** Appends a range; it takes the place of an empty one and melts into a neighbour of the same network. */
function startRange(ranges: PrefixRange[], range: PrefixRange): void {
  const last = ranges.at(-1);
  if (last && compareAddresses(last.first, range.first) === 0) ranges.pop();
  if (ranges.at(-1)?.network !== range.network) ranges.push(range);
}

function nextAddress(address: Address): Address {
  const [w0, w1, w2, w3] = address;
  if (w3 < 0xffffffff) return [w0, w1, w2, w3 + 1];
  if (w2 < 0xffffffff) return [w0, w1, w2 + 1, 0];
  return w1 < 0xffffffff ? [w0, w1 + 1, 0, 0] : [w0 + 1, 0, 0, 0];
}
