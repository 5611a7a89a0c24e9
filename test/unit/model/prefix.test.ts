import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { type Address, compareAddresses, formatAddress, OVERFLOW_ADDRESS } from "../../../src/model/address.ts";
import { formatPrefix, lastAddress, parsePrefix, parseRange, type Prefix } from "../../../src/model/prefix.ts";

const word = fc.nat(0xffffffff);
const ipv4 = word.map((last): Address => [0, 0, 0xffff, last]);
/** The top word keeps IPv6 apart from mapped IPv4 and from the overflow entry. */
const ipv6 = fc.tuple(fc.integer({ min: 0x20000000, max: 0x3fffffff }), word, word, word);
/** Ends close to each other as well as far apart. */
const range = fc.oneof(
  fc.tuple(ipv4, ipv4),
  fc.tuple(ipv6, ipv6),
  fc.tuple(ipv4, fc.nat(5000)).map(([[a, b, c, d], size]): [Address, Address] => [
    [a, b, c, d],
    [a, b, c, Math.min(d + size, 0xffffffff)],
  ]),
);

const next = ([a, b, c, d]: Address): Address => {
  if (d < 0xffffffff) return [a, b, c, d + 1];
  if (c < 0xffffffff) return [a, b, c + 1, 0];
  return b < 0xffffffff ? [a, b + 1, 0, 0] : [a + 1, 0, 0, 0];
};

function coverOf(text: string): readonly Prefix[] {
  const parsed = parseRange(text);
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.value;
}

describe("parsePrefix", () => {
  it.each([
    ["192.0.2.0/24", "192.0.2.0/24"],
    ["192.0.2.1", "192.0.2.1/32"],
    ["0.0.0.0/0", "0.0.0.0/0"],
    ["2001:DB8::/32", "2001:db8::/32"],
    ["::1", "::1/128"],
    ["::/0", "::/0"],
    ["::ffff:192.0.2.0/120", "192.0.2.0/24"],
  ])("reads %s as %s", (text, canonical) => {
    const parsed = parsePrefix(text);
    expect(parsed.ok && formatPrefix(parsed.value)).toBe(canonical);
  });

  it.each([
    ["192.0.2.1/24", "has bits set after /24; write 192.0.2.0/24"],
    ["2001:db8::1/64", "has bits set after /64; write 2001:db8::/64"],
    ["192.0.2.0/33", "needs a prefix length from 0 to 32"],
    ["::/129", "needs a prefix length from 0 to 128"],
    ["192.0.2.0/", "needs a prefix length from 0 to 32"],
    ["192.0.2.0/-1", "needs a prefix length from 0 to 32"],
    ["192.0.2.0/24/24", "is not an IPv4 or IPv6 prefix; write e.g. 192.0.2.0/24"],
    ["192.0.2/24", "is not an IPv4 or IPv6 prefix; write e.g. 192.0.2.0/24"],
    ["", "is not an IPv4 or IPv6 prefix; write e.g. 192.0.2.0/24"],
  ])("refuses %j", (text, problem) => {
    expect(parsePrefix(text)).toEqual({ ok: false, problem });
  });

  it("reads back what formatPrefix writes", () => {
    fc.assert(
      fc.property(range, ([first, last]) => {
        const [low, high] = compareAddresses(first, last) <= 0 ? [first, last] : [last, first];
        for (const prefix of coverOf(`${formatAddress(low)}-${formatAddress(high)}`)) {
          expect(parsePrefix(formatPrefix(prefix))).toEqual({ ok: true, value: prefix });
        }
      }),
    );
  });
});

describe("parseRange", () => {
  it.each([
    ["192.0.2.7-192.0.2.7", ["192.0.2.7/32"]],
    ["192.0.2.0-192.0.2.255", ["192.0.2.0/24"]],
    ["192.0.2.1 - 192.0.2.4", ["192.0.2.1/32", "192.0.2.2/31", "192.0.2.4/32"]],
    ["0.0.0.0-255.255.255.255", ["0.0.0.0/0"]],
    ["2001:db8::1-2001:db8::3", ["2001:db8::1/128", "2001:db8::2/127"]],
  ])("covers %s with %j", (text, prefixes) => {
    expect(coverOf(text).map(formatPrefix)).toEqual(prefixes);
  });

  it("covers exactly the range: every prefix follows the one before, from the first address to the last", () => {
    fc.assert(
      fc.property(range, ([a, b]) => {
        const [low, high] = compareAddresses(a, b) <= 0 ? [a, b] : [b, a];
        const cover = coverOf(`${formatAddress(low)}-${formatAddress(high)}`);
        expect(cover.at(0)?.first).toEqual(low);
        expect(lastAddress(cover.at(-1) ?? { first: OVERFLOW_ADDRESS, length: 128 })).toEqual(high);
        for (const [index, prefix] of cover.slice(1).entries()) {
          const before = cover[index] ?? prefix;
          expect(prefix.first).toEqual(next(lastAddress(before)));
        }
      }),
    );
  });

  it("uses the fewest prefixes: no two neighbours make a larger one", () => {
    fc.assert(
      fc.property(range, ([a, b]) => {
        const [low, high] = compareAddresses(a, b) <= 0 ? [a, b] : [b, a];
        const cover = coverOf(`${formatAddress(low)}-${formatAddress(high)}`);
        for (const [index, prefix] of cover.slice(1).entries()) {
          const before = cover[index] ?? prefix;
          const joined = parsePrefix(`${formatAddress(before.first)}/${formatLength(before) - 1}`);
          expect(before.length === prefix.length && joined.ok).toBe(false);
        }
      }),
    );
  });

  it.each([
    ["192.0.2.9-192.0.2.1", "starts after it ends; swap the two addresses"],
    ["192.0.2.9-::1", "mixes IPv4 and IPv6; write one range for each"],
    ["192.0.2.9", "is not a range of addresses; write e.g. 192.0.2.10-192.0.2.20"],
    ["192.0.2.9-", "is not a range of addresses; write e.g. 192.0.2.10-192.0.2.20"],
    ["192.0.2.1-192.0.2.2-192.0.2.3", "is not a range of addresses; write e.g. 192.0.2.10-192.0.2.20"],
    ["192.0.2.0/24-192.0.3.0/24", "is not a range of addresses; write e.g. 192.0.2.10-192.0.2.20"],
  ])("refuses %s", (text, problem) => {
    expect(parseRange(text)).toEqual({ ok: false, problem });
  });
});

describe("lastAddress", () => {
  it.each([
    ["192.0.2.0/24", "192.0.2.255"],
    ["192.0.2.1/32", "192.0.2.1"],
    ["2001:db8::/32", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"],
  ])("of %s is %s", (text, last) => {
    const parsed = parsePrefix(text);
    expect(parsed.ok && formatAddress(lastAddress(parsed.value))).toBe(last);
  });
});

/** The length as the prefix's family counts it. */
function formatLength(prefix: Prefix): number {
  return Number(formatPrefix(prefix).split("/")[1]);
}
