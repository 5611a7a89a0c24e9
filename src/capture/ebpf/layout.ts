// The maps of program.bpf.c in numbers: sizes and offsets in bytes, as its structs have them on every 64-bit machine.

/** struct usage_key: address in network order, window. */
export const USAGE_KEY = { bytes: 20, words: 5, window: 4 } as const;
/** struct overflow_key: network, window. */
export const OVERFLOW_KEY = { bytes: 8, words: 2, window: 1 } as const;
/** struct usage, in 64-bit words: bytes in, packets in, bytes out, packets out, network + 1. */
export const USAGE_VALUE = { bytes: 40, words: 5, network: 4 } as const;
/** struct network_key: prefix length, address. */
export const NETWORK_KEY = { bytes: 20 } as const;
export const NETWORK_VALUE = { bytes: 4 } as const;
/** struct totals, by 64-bit word. */
export const TOTALS_WORDS = [
  "window",
  "lastNs",
  "ipPackets",
  "ipBytes",
  "unaccountedPackets",
  "unaccountedBytes",
  "internalPackets",
  "internalBytes",
  "overflowPackets",
  "overflowBytes",
  "homelessPackets",
  "homelessBytes",
  "nonIpFrames",
  "parseFailures",
  "firstWindow",
  "lastWindow",
] as const;
export const TOTALS_BYTES = TOTALS_WORDS.length * 8;
/** struct clock, and two words that only the agent reads: since when the program runs, and the next window to harvest. */
export const CLOCK = { bytes: 32, offsetNs: 0, sealed: 8, attachedMs: 16, nextWindow: 24 } as const;
/** struct settings. */
export const SETTINGS = { bytes: 24, windowNs: 0, totalsMask: 8, link: 12, skipOutgoing: 16 } as const;
/** struct filter: a bit for each first 16 bits of an IPv4 address, then of an IPv6 address. */
export const FILTER = { bytes: 16_384, ipv6: 8_192 } as const;
/** enum link. */
export const Link = { ethernet: 0, ip: 1 } as const;
export type Link = (typeof Link)[keyof typeof Link];

export const MapName = {
  usage: "usage",
  networks: "networks",
  overflow: "overflow",
  totals: "totals",
  clock: "clock",
  manifest: "manifest",
} as const;
/** Maps that libbpf makes of variables. */
export const FILTER_SECTION = ".data.filter";
export const SETTINGS_SECTION = ".rodata";
