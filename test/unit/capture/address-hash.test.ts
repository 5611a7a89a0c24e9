import { describe, expect, it } from "vitest";

import { AddressHash } from "../../../src/capture/address-hash.ts";
import type { Address } from "../../../src/model/address.ts";

const HOSTS = 32_768;
const BUCKETS = 65_536;

/** Hosts as networks number them: each pattern changes other bits of the address. */
const patterns: Record<string, (host: number) => Address> = {
  "sequential IPv4 hosts": (host) => [0, 0, 0xffff, 0x0a000000 + host],
  "one IPv4 host in each /24": (host) => [0, 0, 0xffff, (host << 8) + 1],
  "IPv6 hosts of one /64": (host) => [0x20010db8, 1, 0, host],
  "one IPv6 host in each /64": (host) => [0x20010db8, host, 0, 1],
  "IPv6 hosts with the host number at both ends": (host) => [0x20010000 | (host & 0xffff), 0, host, host],
};

describe("AddressHash", () => {
  for (const [name, pattern] of Object.entries(patterns)) {
    it(`spreads ${name} like random numbers`, () => {
      const hash = new AddressHash();
      const load = new Uint8Array(BUCKETS);
      for (let host = 0; host < HOSTS; host++) {
        const [w0, w1, w2, w3] = pattern(host);
        const bucket = hash.of(w0 | 0, w1 | 0, w2 | 0, w3 | 0) & (BUCKETS - 1);
        load[bucket] = (load[bucket] ?? 0) + 1;
      }
      const used = load.filter((hosts) => hosts > 0).length;
      // Expected 1 - exp(-1/2) of the buckets, 25,787; the standard deviation is below 100.
      expect(Math.abs(used - BUCKETS * (1 - Math.exp(-HOSTS / BUCKETS)))).toBeLessThan(1000);
      expect(Math.max(...load)).toBeLessThan(16);
    });
  }

  it("hashes one address alike each time, and otherwise in each table", () => {
    const hashes = Array.from({ length: 8 }, () => new AddressHash());
    for (const hash of hashes) expect(hash.of(0, 0, 0xffff, 1)).toBe(hash.of(0, 0, 0xffff, 1));
    expect(new Set(hashes.map((hash) => hash.of(0, 0, 0xffff, 1))).size).toBeGreaterThan(6);
    expect(new Set(hashes.map((hash) => hash.of(1, 2, 3, 4))).size).toBeGreaterThan(6);
  });
});
