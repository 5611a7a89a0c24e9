// What a test sent, by window: the side of a comparison that owes nothing to the agent. Flows are added by those who
// sent them; what an address, a network or a window must be billed follows from the flows alone.

import type { Counters } from "./ledger-rows.ts";

/** `packets` packets from one address to another, `ipBytes` each. */
export interface SentFlow {
  readonly source: string;
  readonly destination: string;
  /** IP total length of one packet. */
  readonly ipBytes: number;
  readonly packets: number;
}

/** The network that accounts an address; null where none does. */
export type NetworkOf = (address: string) => string | null;

/** Where the packets of a window must be found. */
export interface WindowSums {
  readonly ipPackets: number;
  readonly ipBytes: number;
  readonly unaccountedPackets: number;
  readonly unaccountedBytes: number;
  readonly internalPackets: number;
  readonly internalBytes: number;
}

/** The flows of one interface. */
export class GroundTruth {
  readonly #windows = new Map<number, SentFlow[]>();

  /** Adds what was sent in the window that starts at `startMs`; a window without flows counts as silent. */
  add(startMs: number, flows: readonly SentFlow[]): void {
    const known = this.#windows.get(startMs);
    if (known) known.push(...flows);
    else this.#windows.set(startMs, [...flows]);
  }

  /** Starts of the windows, in order. */
  get starts(): readonly number[] {
    return [...this.#windows.keys()].sort((a, b) => a - b);
  }

  flowsOf(startMs: number): readonly SentFlow[] {
    return this.#windows.get(startMs) ?? [];
  }

  /** Everything that was sent, in order. */
  get flows(): readonly SentFlow[] {
    return this.starts.flatMap((startMs) => this.flowsOf(startMs));
  }
}

/** What each accounted address had. */
export function usageByAddress(flows: readonly SentFlow[], networkOf: NetworkOf): ReadonlyMap<string, Counters> {
  const usage = new Map<string, Counters>();
  const add = (address: string, counters: Counters): void => {
    if (networkOf(address) !== null) usage.set(address, sumOf(usage.get(address) ?? NOTHING, counters));
  };
  for (const { source, destination, ipBytes, packets } of flows) {
    add(destination, { ...NOTHING, bytesIn: ipBytes * packets, packetsIn: packets });
    add(source, { ...NOTHING, bytesOut: ipBytes * packets, packetsOut: packets });
  }
  return usage;
}

/** What each network had; only those with traffic. */
export function usageByNetwork(flows: readonly SentFlow[], networkOf: NetworkOf): ReadonlyMap<string, Counters> {
  const usage = new Map<string, Counters>();
  for (const [address, counters] of usageByAddress(flows, networkOf)) {
    const network = networkOf(address) ?? "";
    usage.set(network, sumOf(usage.get(network) ?? NOTHING, counters));
  }
  return usage;
}

export function windowSums(flows: readonly SentFlow[], networkOf: NetworkOf): WindowSums {
  const ends = ({ source, destination }: SentFlow): number =>
    [source, destination].filter((address) => networkOf(address) !== null).length;
  const sum = (ofEnds: readonly number[], bytes: (flow: SentFlow) => number): number =>
    flows.filter((flow) => ofEnds.includes(ends(flow))).reduce((total, flow) => total + flow.packets * bytes(flow), 0);
  const [packets, ipBytes] = [(): number => 1, (flow: SentFlow): number => flow.ipBytes];
  return {
    ipPackets: sum([0, 1, 2], packets),
    ipBytes: sum([0, 1, 2], ipBytes),
    unaccountedPackets: sum([0], packets),
    unaccountedBytes: sum([0], ipBytes),
    internalPackets: sum([2], packets),
    internalBytes: sum([2], ipBytes),
  };
}

export const NOTHING: Counters = { bytesIn: 0, packetsIn: 0, bytesOut: 0, packetsOut: 0 };

export function sumOf(a: Counters, b: Counters): Counters {
  return {
    bytesIn: a.bytesIn + b.bytesIn,
    packetsIn: a.packetsIn + b.packetsIn,
    bytesOut: a.bytesOut + b.bytesOut,
    packetsOut: a.packetsOut + b.packetsOut,
  };
}
