// What is kept with a source's maps: its digest says whether another one would count the same.

import { describe, expect, it } from "vitest";
import { Link } from "../../../../src/capture/ebpf/layout.ts";
import {
  decodeManifest,
  encodeManifest,
  LAYOUT_VERSION,
  overflowEntries,
  settingsDigest,
  type SourceManifest,
  type SourcePlace,
  type SourceSettings,
  totalsSlots,
  usageEntries,
} from "../../../../src/capture/ebpf/source-manifest.ts";
import type { Network } from "../../../../src/model/network.ts";
import { parsePrefix } from "../../../../src/model/prefix.ts";

function network(name: string, ...texts: readonly string[]): Network {
  const prefixes = texts.map((text) => {
    const prefix = parsePrefix(text);
    if (!prefix.ok) throw new Error(prefix.problem);
    return prefix.value;
  });
  return { name, prefixes, labels: {}, billBy: "network" };
}

const acme = network("acme", "192.0.2.0/24", "2001:db8::/32");
const globex = network("globex", "198.51.100.0/24");
const settings: SourceSettings = {
  interface: "eth0",
  attach: "tcx",
  windowMs: 60_000,
  maxAddresses: 65_536,
  networks: [acme, globex],
};
const place: SourcePlace = { programDigest: "00", namespace: "1", link: Link.ethernet };

describe("settingsDigest", () => {
  const changes: Record<string, Partial<SourceSettings>> = {
    "the interface": { interface: "eth1" },
    "the way of attaching": { attach: "socket" },
    "the window": { windowMs: 30_000 },
    "the number of addresses": { maxAddresses: 65_535 },
    "a network's name": { networks: [{ ...acme, name: "acme2" }, globex] },
    "a network's prefixes": { networks: [network("acme", "192.0.2.0/25", "2001:db8::/32"), globex] },
    "the order of networks, which is their index": { networks: [globex, acme] },
    "the number of networks": { networks: [acme] },
    "the network that has a prefix": {
      networks: [network("acme", "192.0.2.0/24"), network("globex", "2001:db8::/32", "198.51.100.0/24")],
    },
  };
  it.each(Object.entries(changes))("changes with %s", (_, change) => {
    expect(settingsDigest({ ...settings, ...change }, place)).not.toBe(settingsDigest(settings, place));
  });

  const moves: Record<string, Partial<SourcePlace>> = {
    "the program": { programDigest: "01" },
    "the network namespace": { namespace: "2" },
    "the link layer": { link: Link.ip },
  };
  it.each(Object.entries(moves))("changes with %s", (_, change) => {
    expect(settingsDigest(settings, { ...place, ...change })).not.toBe(settingsDigest(settings, place));
  });

  it("stays the same with what the kernel does not look at", () => {
    const relabelled: Network = { ...acme, labels: { customer: "acmecorp" }, billBy: "address" };
    const digest = settingsDigest(settings, place);
    expect(settingsDigest({ ...settings, networks: [relabelled, globex] }, place)).toBe(digest);
    expect(settingsDigest({ ...settings, networks: structuredClone(settings.networks) }, { ...place })).toBe(digest);
  });

  it("stays the same whatever else its arguments hold, in whatever order", () => {
    const { interface: name, ...rest } = settings;
    const more = { folder: "/sys/fs/bpf/x", stateDir: "/var/lib/x", ...rest, interface: name };
    expect(settingsDigest(more, { ...place })).toBe(settingsDigest(settings, place));
  });
});

describe("the sizes of maps", () => {
  it.each([
    [5_000, 16_384],
    [6_000, 16_384],
    [10_000, 16_384],
    [60_000, 2_048],
    [300_000, 1_024],
  ])("tell a day of windows of %i ms apart, in a power of two of slots", (windowMs, slots) => {
    expect(totalsSlots(windowMs)).toBe(slots);
  });

  it("hold two windows' addresses, and 64 windows' overflow of each network within bounds", () => {
    expect(usageEntries(100)).toBe(200);
    expect([0, 1, 16, 17, 1_024, 60_000].map(overflowEntries)).toEqual([1_024, 1_024, 1_024, 1_088, 65_536, 65_536]);
  });
});

describe("decodeManifest", () => {
  const manifest: SourceManifest = {
    layout: LAYOUT_VERSION,
    id: "0123456789abcdef",
    madeNs: "18446744073709551615",
    digest: "00",
    interface: "eth0",
    namespace: "1",
    attach: "tcx",
    link: Link.ethernet,
    windowMs: 60_000,
    maxAddresses: 65_536,
    totalsSlots: 2_048,
    networks: ["acme", "größer", '\u0001 \\ " 網'],
    stateDir: "/var/lib/acct-agent",
  };

  it("reads what encodeManifest wrote, also with zeros behind it", () => {
    expect(decodeManifest(encodeManifest(manifest))).toEqual(manifest);
    expect(decodeManifest(Buffer.concat([encodeManifest(manifest), Buffer.alloc(7)]))).toEqual(manifest);
  });
});
