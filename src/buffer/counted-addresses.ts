// The cumulative counters of addresses as they are pushed, read beside a running agent.

import { addressFromBytes, formatAddress } from "../model/address.ts";
import type { Database } from "./database.ts";

export interface CountedAddress {
  /** As the label `ip` has it. */
  readonly address: string;
  readonly interface: string;
  /** In the configured layer. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly lastActiveMs: number;
}

export interface BusiestAddresses {
  readonly addresses: readonly CountedAddress[];
  /** How many the network has beside them. */
  readonly others: number;
}

/** Columns of what every window repeats of an interface and a network. */
export type LiveCounters = readonly [
  address: Buffer,
  bytesIn: number,
  bytesOut: number,
  packetsIn: number,
  packetsOut: number,
];

interface StoredAddress extends Omit<CountedAddress, "address"> {
  readonly address: Buffer;
}

const OF_NETWORK = `
  FROM network CROSS JOIN interface CROSS JOIN address
  WHERE network.name = ? AND address.interface_id = interface.id AND address.network_id = network.id`;
const COUNT = `SELECT count(*) ${OF_NETWORK}`;
const BUSIEST = `
  SELECT address, interface.name AS interface, bytes_in AS bytesIn, bytes_out AS bytesOut, last_active_ms AS lastActiveMs
  ${OF_NETWORK} ORDER BY bytes_in + bytes_out DESC, address LIMIT ?`;
const LIVE = `
  SELECT address, bytes_in, bytes_out, packets_in, packets_out FROM address
  WHERE interface_id = ? AND network_id = ? AND live = 1`;
const LIVE_COUNT = "SELECT count(*) FROM (SELECT 1 FROM address WHERE live = 1 LIMIT ?)";

/** The addresses of a network with the most bytes since they were first counted. */
export function busiestAddresses(database: Database, network: string, most: number): BusiestAddresses {
  const rows = database.prepare<[string, number], StoredAddress>(BUSIEST).all(network, most);
  const count = database.prepare<[string], number>(COUNT).pluck().get(network) ?? 0;
  const addresses = rows.map((row) => ({ ...row, address: formatAddress(addressFromBytes(row.address)) }));
  return { addresses, others: count - rows.length };
}

/** The counters that the last window of an interface had a sample of, by their ids in the ledger. */
export function liveCounters(
  database: Database,
  { interface: interfaceId, network }: { readonly interface: number; readonly network: number },
): IterableIterator<LiveCounters> {
  const rows = database.prepare<[number, number], LiveCounters>(LIVE).raw();
  return rows.iterate(interfaceId, network);
}

/** How many counters the last window of each interface had a sample of, all interfaces together; `most` for more too. */
export function countLive(database: Database, most: number): number {
  return database.prepare<[number], number>(LIVE_COUNT).pluck().get(most) ?? 0;
}
