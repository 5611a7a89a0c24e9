// Reads the ledger of an agent, running or not, beside it and read-only.

import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { addressFromBytes, formatAddress } from "../../src/model/address.ts";

export interface Counters {
  readonly bytesIn: number;
  readonly packetsIn: number;
  readonly bytesOut: number;
  readonly packetsOut: number;
}

export interface WindowRow {
  readonly interface: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly closed: number;
  readonly observedMs: number;
  readonly frames: number;
  readonly ipPackets: number;
  readonly ipBytes: number;
  readonly unaccountedPackets: number;
  readonly unaccountedBytes: number;
  readonly internalPackets: number;
  readonly internalBytes: number;
  readonly overflowPackets: number;
  readonly overflowBytes: number;
  readonly nonIpFrames: number;
  readonly parseFailures: number;
}

export interface IntervalRow extends Counters {
  readonly interface: string;
  readonly network: string;
  readonly startMs: number;
}

/** The cumulative counters of an address in a network on an interface; `address` is `overflow` where there was no room. */
export interface AddressUsage extends Counters {
  readonly interface: string;
  readonly network: string;
  readonly address: string;
}

/** A sample that an endpoint's receiver refused. */
export interface DeadLetterRow {
  readonly endpoint: string;
  readonly series: string;
  readonly timestampMs: number;
  readonly code: number;
}

interface StoredAddress extends Counters {
  readonly interface: string;
  readonly network: string;
  readonly address: Buffer;
}

const COUNTERS = "bytes_in AS bytesIn, packets_in AS packetsIn, bytes_out AS bytesOut, packets_out AS packetsOut";
const BY_INTERFACE = "JOIN interface i ON i.id = interface_id";

const WINDOWS = `
  SELECT i.name AS interface, start_ms AS startMs, end_ms AS endMs, closed, observed_ms AS observedMs, frames,
    ip_packets AS ipPackets, ip_bytes AS ipBytes, unaccounted_packets AS unaccountedPackets,
    unaccounted_bytes AS unaccountedBytes, internal_packets AS internalPackets, internal_bytes AS internalBytes,
    overflow_packets AS overflowPackets, overflow_bytes AS overflowBytes, non_ip_frames AS nonIpFrames,
    parse_failures AS parseFailures
  FROM window ${BY_INTERFACE} ORDER BY i.name, start_ms`;
const INTERVALS = `
  SELECT i.name AS interface, n.name AS network, start_ms AS startMs, ${COUNTERS}
  FROM interval_usage ${BY_INTERFACE} JOIN network n ON n.id = network_id ORDER BY i.name, n.name, start_ms`;
const ADDRESSES = `
  SELECT i.name AS interface, n.name AS network, address, ${COUNTERS}
  FROM address ${BY_INTERFACE} JOIN network n ON n.id = network_id ORDER BY i.name, n.name, address`;
const PENDING = "SELECT count(*) AS requests FROM outbox JOIN endpoint ON outbox.id > cursor";
const PENDING_WINDOWS = `
  SELECT count(DISTINCT window_end_ms) AS windows FROM outbox
  WHERE kind = 'self' AND id > (SELECT cursor FROM endpoint WHERE name = ?)`;
const DEAD_LETTERS = `
  SELECT endpoint, series, timestamp_ms AS timestampMs, code FROM dead_letter ORDER BY endpoint, timestamp_ms, series`;

/** Windows by interface and time. */
export function ledgerWindows(stateDir: string): readonly WindowRow[] {
  return read(stateDir, (database) => database.prepare<[], WindowRow>(WINDOWS).all());
}

/** Billing intervals by interface, network and time. */
export function ledgerIntervals(stateDir: string): readonly IntervalRow[] {
  return read(stateDir, (database) => database.prepare<[], IntervalRow>(INTERVALS).all());
}

/** The cumulative counters of each address: what it ever had in windows that are closed. One interface, one network each. */
export function ledgerAddresses(stateDir: string): Readonly<Record<string, Counters>> {
  return Object.fromEntries(
    ledgerUsage(stateDir).map(({ address, interface: _interface, network: _network, ...counters }) => [
      address,
      counters,
    ]),
  );
}

/** The same by interface, network and address. */
export function ledgerUsage(stateDir: string): readonly AddressUsage[] {
  const rows = read(stateDir, (database) => database.prepare<[], StoredAddress>(ADDRESSES).all());
  return rows.map((row) => ({ ...row, address: formatAddress(addressFromBytes(row.address)) }));
}

/** How many pushes are to be made, each request counted for each endpoint. */
export function ledgerPending(stateDir: string): number {
  return read(stateDir, (database) => database.prepare<[], { requests: number }>(PENDING).get()?.requests ?? 0);
}

/** How many windows there are whose own metrics the endpoint has still to accept. */
export function ledgerPendingWindows(stateDir: string, endpoint: string): number {
  const rows = read(stateDir, (db) => db.prepare<[string], { windows: number }>(PENDING_WINDOWS).get(endpoint));
  return rows?.windows ?? 0;
}

export function ledgerDeadLetters(stateDir: string): readonly DeadLetterRow[] {
  return read(stateDir, (database) => database.prepare<[], DeadLetterRow>(DEAD_LETTERS).all());
}

function read<T>(stateDir: string, query: (database: Sqlite.Database) => T): T {
  const database = new Sqlite(join(stateDir, "ledger.sqlite"), { readonly: true, fileMustExist: true });
  try {
    return query(database);
  } finally {
    database.close();
  }
}
