// The latest windows and billing intervals of everything, for who looks on while an agent runs: row by row out of a
// snapshot, without what a stop left open.

import type { Labels } from "../model/network.ts";
import type { Database } from "./database.ts";

/** Milliseconds since the epoch, half open, on the billing grid. */
interface Range {
  readonly startMs: number;
  readonly endMs: number;
}

export interface ReadInterval {
  readonly network: number;
  readonly startMs: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export interface ReadWindow {
  readonly interface: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly frames: number;
  readonly observedMs: number;
  readonly droppedFrames: number | null;
  readonly interfaceFrames: number | null;
}

export interface ReadNetwork {
  readonly id: number;
  readonly name: string;
  readonly labels: Labels;
}

export interface ReadInterface {
  readonly id: number;
  readonly name: string;
  /** Start of its first window that is kept, and of its last interval that no longer grows; null for none. */
  readonly firstWindowMs: number | null;
  readonly settledMs: number | null;
}

/** The primary key is (network_id, interface_id, start_ms): a look-up for each series. */
const INTERVALS = `
  SELECT usage.network_id AS network, usage.start_ms AS startMs,
    usage.bytes_in + usage.packets_in * @overheadPerPacket AS bytesIn,
    usage.bytes_out + usage.packets_out * @overheadPerPacket AS bytesOut
  FROM network CROSS JOIN interface CROSS JOIN interval_usage AS usage
  WHERE usage.network_id = network.id AND usage.interface_id = interface.id
    AND usage.start_ms >= @startMs AND usage.start_ms < @endMs`;
const WINDOWS = `
  SELECT interface_id AS interface, start_ms AS startMs, end_ms AS endMs, frames, observed_ms AS observedMs,
    dropped_frames AS droppedFrames, interface_frames AS interfaceFrames
  FROM interface CROSS JOIN window WHERE interface_id = id AND closed = 1 AND start_ms >= @startMs AND start_ms < @endMs`;
const NETWORKS = "SELECT id, name, labels FROM network";
const INTERFACES = `
  SELECT id, name, (SELECT min(start_ms) FROM window WHERE interface_id = id) AS firstWindowMs,
    (SELECT start_ms FROM interval WHERE interface_id = id AND emitted = 1 ORDER BY start_ms DESC LIMIT 1) AS settledMs
  FROM interface`;

/** What is committed of the intervals of a range, in no order; bytes with `overheadPerPacket` for each packet. */
export function intervalsIn(
  database: Database,
  range: Range,
  overheadPerPacket: number,
): IterableIterator<ReadInterval> {
  return database.prepare<[object], ReadInterval>(INTERVALS).iterate({ ...range, overheadPerPacket });
}

/** The closed windows of a range, by interface. */
export function windowsIn(database: Database, range: Range): IterableIterator<ReadWindow> {
  return database.prepare<[object], ReadWindow>(WINDOWS).iterate({ ...range });
}

/** All that the ledger ever had. */
export function storedNetworks(database: Database): readonly ReadNetwork[] {
  const rows = database.prepare<[], { id: number; name: string; labels: string }>(NETWORKS).all();
  return rows.map(({ labels, ...network }) => ({ ...network, labels: JSON.parse(labels) as Labels }));
}

export function storedInterfaces(database: Database): readonly ReadInterface[] {
  return database.prepare<[], ReadInterface>(INTERFACES).all();
}
