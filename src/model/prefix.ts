// Prefixes and ranges of addresses. A prefix length always counts in the 128-bit space of model/address
// (an IPv4 /24 is held as /120), so that one look-up structure serves both families.

import { type Address, compareAddresses, formatAddress, isMappedIPv4, parseAddress } from "./address.ts";

export interface Prefix {
  /** First address; the bits after `length` are zero. */
  readonly first: Address;
  /** 0 to 128, counted in the 128-bit space. */
  readonly length: number;
}

/** The result of reading what a user wrote: the value, or one lower-case sentence that says what is wrong and the fix. */
export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

const problem = (text: string): { ok: false; problem: string } => ({ ok: false, problem: text });

/** Reads `192.0.2.0/24`, `2001:db8::/32` or a bare address (its own /32 or /128). Host bits must be zero. */
export function parsePrefix(text: string): Parsed<Prefix> {
  const [addressText = "", lengthText, rest] = text.split("/");
  const address = parseAddress(addressText);
  if (address === null || rest !== undefined) return problem("is not an IPv4 or IPv6 prefix; write e.g. 192.0.2.0/24");
  const offset = isMappedIPv4(address) && !addressText.includes(":") ? 96 : 0;
  const length = lengthText === undefined ? 128 - offset : /^\d{1,3}$/.test(lengthText) ? Number(lengthText) : NaN;
  if (!(length >= 0 && length <= 128 - offset)) return problem(`needs a prefix length from 0 to ${128 - offset}`);
  const first = maskAddress(address, length + offset);
  if (compareAddresses(first, address) !== 0) {
    return problem(`has bits set after /${length}; write ${formatAddress(first)}/${length}`);
  }
  return { ok: true, value: { first, length: length + offset } };
}

/** Reads `a-b` (both ends included, one family) into the fewest prefixes that cover exactly that range. */
export function parseRange(text: string): Parsed<Prefix[]> {
  const ends = text.split("-").map((part) => parseAddress(part.trim()));
  const [first, last] = ends;
  if (ends.length !== 2 || !first || !last) {
    return problem("is not a range of addresses; write e.g. 192.0.2.10-192.0.2.20");
  }
  if (isMappedIPv4(first) !== isMappedIPv4(last)) return problem("mixes IPv4 and IPv6; write one range for each");
  if (compareAddresses(first, last) > 0) return problem("starts after it ends; swap the two addresses");
  return { ok: true, value: coverRange(toInteger(first), toInteger(last)) };
}

/** Canonical text, with an IPv4 length in IPv4 terms. */
export function formatPrefix(prefix: Prefix): string {
  const ipv4 = isMappedIPv4(prefix.first) && prefix.length >= 96;
  return `${formatAddress(prefix.first)}/${ipv4 ? prefix.length - 96 : prefix.length}`;
}

/** The last address that a prefix covers. */
export function lastAddress(prefix: Prefix): Address {
  return fromInteger(toInteger(prefix.first) | ((1n << BigInt(128 - prefix.length)) - 1n));
}

function maskAddress(address: Address, length: number): Address {
  const shift = BigInt(128 - length);
  return fromInteger((toInteger(address) >> shift) << shift);
}

function coverRange(first: bigint, last: bigint): Prefix[] {
  const prefixes: Prefix[] = [];
  for (let at = first; at <= last;) {
    let bits = 0n;
    while (bits < 128n && (at & ((1n << (bits + 1n)) - 1n)) === 0n && at + (1n << (bits + 1n)) - 1n <= last) bits++;
    prefixes.push({ first: fromInteger(at), length: 128 - Number(bits) });
    at += 1n << bits;
  }
  return prefixes;
}

function toInteger(address: Address): bigint {
  return address.reduce((value, word) => (value << 32n) | BigInt(word), 0n);
}

function fromInteger(value: bigint): Address {
  const word = (shift: bigint): number => Number((value >> shift) & 0xffffffffn);
  return [word(96n), word(64n), word(32n), word(0n)];
}
