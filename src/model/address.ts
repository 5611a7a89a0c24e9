// IP addresses as four 32-bit words, IPv4 in its IPv6-mapped form (RFC 4291 section 2.5.5.2), so that one table
// key, one column and one 16-byte database key serve both families.

import { isIPv4, isIPv6 } from "node:net";

/** Four words in network order, each an unsigned 32-bit integer. */
export type Address = readonly [number, number, number, number];

export const ADDRESS_BYTES = 16;

export const MAPPED_WORD = 0xffff;

/** Stands in the address column for traffic of a network that found no room in the table; no host can own it. */
export const OVERFLOW_ADDRESS: Address = [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff];

/** The `ip` label of `OVERFLOW_ADDRESS`. */
const OVERFLOW_LABEL = "overflow";

/** Parses an IPv4 or IPv6 address without zone or prefix length; null where the text is neither. */
export function parseAddress(text: string): Address | null {
  if (isIPv4(text)) return [0, 0, MAPPED_WORD, parseIPv4(text)];
  return isIPv6(text) && !text.includes("%") ? parseIPv6(text) : null;
}

export function isMappedIPv4(address: Address): boolean {
  return address[0] === 0 && address[1] === 0 && address[2] === MAPPED_WORD;
}

/** Orders addresses as 128-bit unsigned integers: negative, zero or positive. */
export function compareAddresses(a: Address, b: Address): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2] || a[3] - b[3];
}

/** Canonical text: dotted quad for IPv4, RFC 5952 section 4 for IPv6, `overflow` for the overflow entry. */
export function formatAddress(address: Address): string {
  if (isMappedIPv4(address)) return formatIPv4(address[3]);
  if (address.every((word) => word === 0xffffffff)) return OVERFLOW_LABEL;
  return formatIPv6(address);
}

/** Reads the address of row `row` from a column of four words a row. */
export function addressAt(column: Uint32Array, row: number): Address {
  const at = row * 4;
  return [column[at] ?? 0, column[at + 1] ?? 0, column[at + 2] ?? 0, column[at + 3] ?? 0];
}

/** The 16-byte big-endian form that the ledger uses as a key, written to `bytes`; it sorts like the address. */
export function addressToBytes(address: Address, bytes = Buffer.allocUnsafe(ADDRESS_BYTES)): Buffer {
  for (let word = 0; word < address.length; word++) bytes.writeUInt32BE(address[word] ?? 0, word * 4);
  return bytes;
}

export function addressFromBytes(bytes: Buffer): Address {
  return [bytes.readUInt32BE(0), bytes.readUInt32BE(4), bytes.readUInt32BE(8), bytes.readUInt32BE(12)];
}

function parseIPv4(text: string): number {
  return text.split(".").reduce((word, octet) => word * 256 + Number(octet), 0);
}

function parseIPv6(text: string): Address {
  const [head = "", tail] = embeddedIPv4ToGroups(text).split("::");
  const left = groupsOf(head);
  const right = tail === undefined ? [] : groupsOf(tail);
  const groups = [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right];
  const word = (index: number): number => (groups[index * 2] ?? 0) * 65536 + (groups[index * 2 + 1] ?? 0);
  return [word(0), word(1), word(2), word(3)];
}

function groupsOf(text: string): number[] {
  return text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
}

function embeddedIPv4ToGroups(text: string): string {
  const at = text.lastIndexOf(":") + 1;
  const last = text.slice(at);
  if (!last.includes(".")) return text;
  const word = parseIPv4(last);
  return `${text.slice(0, at)}${(word >>> 16).toString(16)}:${(word & 0xffff).toString(16)}`;
}

function formatIPv4(word: number): string {
  return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`;
}

function formatIPv6(address: Address): string {
  const groups = address.flatMap((word) => [word >>> 16, word & 0xffff]);
  const zeros = longestZeroRun(groups);
  const hex = (part: number[]): string => part.map((group) => group.toString(16)).join(":");
  if (zeros.length < 2) return hex(groups);
  return `${hex(groups.slice(0, zeros.start))}::${hex(groups.slice(zeros.start + zeros.length))}`;
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < 8; start++) {
    let end = start;
    while (end < 8 && groups[end] === 0) end++;
    if (end - start > best.length) best = { start, length: end - start };
  }
  return best;
}
