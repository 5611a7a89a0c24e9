// A run of generated frames as a sender takes it, and the flows that it stands for once the kernel has taken them.

import { formatAddress, parseAddress } from "../../src/model/address.ts";
import type { SentFlow } from "./ground-truth.ts";
import type { TrafficOptions } from "./traffic.ts";

const ETHERNET = 14;

/** Frames of one size between one host and `hosts` consecutive others. */
export interface Burst {
  /** The end that sends. What `edge` sends passes the egress hook of the accounted interface. */
  readonly from: "edge" | "peer";
  readonly source: string;
  readonly destination: string;
  /** Which of the two addresses is the first of `hosts`. */
  readonly vary: "source" | "destination";
  readonly hosts: number;
  /** IP total length of each packet. */
  readonly ipBytes: number;
  /** Packets a second; 0: as fast as possible. */
  readonly rate: number;
  /** Packets to send at most; default: as many as the time allows. */
  readonly count?: number;
}

/** The sender's options for a burst that ends at `until`, milliseconds since the epoch. */
export function trafficOptions(burst: Burst, until: number): TrafficOptions {
  return {
    rate: burst.rate,
    until,
    ...(burst.count === undefined ? {} : { count: burst.count }),
    size: burst.ipBytes + ETHERNET,
    hosts: burst.hosts,
    ipv6: burst.source.includes(":"),
    varySrc: burst.vary === "source",
    srcNet: burst.source,
    dstNet: burst.destination,
    qdisc: burst.from === "edge",
  };
}

/** What `sent` packets of a burst were: packet k is that of host k modulo `hosts`. */
export function flowsOf(burst: Burst, sent: number): SentFlow[] {
  const flows = Array.from({ length: Math.min(burst.hosts, sent) }, (_, host) => {
    const { source, destination, ipBytes } = burst;
    const varied = hostAfter(burst.vary === "source" ? source : destination, host);
    const packets = Math.ceil((sent - host) / burst.hosts);
    return { source, destination, [burst.vary]: varied, ipBytes, packets };
  });
  return flows;
}

function hostAfter(first: string, steps: number): string {
  const address = parseAddress(first);
  if (address === null) throw new Error(`${first} is no address`);
  return formatAddress([address[0], address[1], address[2], address[3] + steps]);
}
