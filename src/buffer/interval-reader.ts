// Reads billing intervals out of a ledger as it was when it was opened, without changing it. Bytes are exact, held windows
// included. One series is in memory at a time.

import type { Statement } from "better-sqlite3";
import type { Labels } from "../model/network.ts";
import { BILLING_INTERVAL_MS } from "../model/time.ts";
import { type HeldIntervals, heldIntervals } from "./held-intervals.ts";
import { integerList, integersOf } from "./integer-list.ts";
import { IntervalCompleteness } from "./interval-completeness.ts";
import { openSnapshot, readFault, type ReadOnlyLedger } from "./read-only-ledger.ts";

/** Milliseconds since the epoch, half open, on the billing grid. */
interface Range {
  readonly startMs: number;
  readonly endMs: number;
}

interface Series {
  readonly network: string;
  readonly interface: string;
  /** Of the network's labels, those that the intervals were pushed with; null for any. */
  readonly labelsVersions: readonly number[] | null;
}

interface LabelledNetwork {
  readonly name: string;
  readonly labels: Labels;
}

interface StoredNetwork {
  readonly name: string;
  readonly labelSets: readonly { readonly version: number; readonly labels: Labels }[];
}

/** Ascending by start. */
interface Intervals {
  readonly startsMs: Float64Array;
  readonly bytesIn: Float64Array;
  readonly bytesOut: Float64Array;
}

type Lists = readonly [count: number, slots: Buffer | null, bytesIn: Buffer | null, bytesOut: Buffer | null];

/** The primary key is (network_id, interface_id, start_ms): one look-up, then rows in their order. */
const NETWORKS_IN = `
  SELECT network.id, name, version, known.labels
  FROM network JOIN network_labels AS known ON known.network_id = network.id WHERE EXISTS (
    SELECT 1 FROM interface CROSS JOIN interval_usage AS usage
    WHERE usage.network_id = network.id AND usage.interface_id = interface.id
      AND usage.start_ms >= @startMs AND usage.start_ms < @endMs AND usage.labels_version = version)`;
const NETWORKS = `
  SELECT network.id, name, version, known.labels
  FROM network JOIN network_labels AS known ON known.network_id = network.id ORDER BY network.id, version`;
const UNSETTLED = `
  SELECT min(start_ms) FROM interval WHERE emitted = 0 AND interface_id = @interfaceId AND start_ms > @afterMs`;

export class IntervalReader implements Disposable {
  readonly networks: readonly StoredNetwork[];
  readonly interfaces: readonly string[];
  readonly #ledger: ReadOnlyLedger;
  readonly #networkIds: ReadonlyMap<string, number>;
  readonly #interfaceIds: ReadonlyMap<string, number>;
  readonly #overheadPerPacket: number;
  readonly #intervals: Statement;
  readonly #intervalsWithLabels: Statement;
  readonly #unsettled: Statement;
  readonly #held: HeldIntervals;
  readonly #completeness: IntervalCompleteness;

  /** Bytes come with `overheadPerPacket` for each packet. Throws LedgerError where there is no ledger to read. */
  constructor(stateDir: string, overheadPerPacket: number) {
    this.#ledger = openSnapshot(stateDir);
    this.#overheadPerPacket = overheadPerPacket;
    const { database } = this.#ledger;
    const networks = database.prepare(NETWORKS).all() as NetworkRow[];
    const interfaces = database.prepare("SELECT id, name FROM interface").all() as NamedRow[];
    this.networks = storedNetworks(networks);
    this.interfaces = interfaces.map(({ name }) => name).sort();
    this.#networkIds = new Map(networks.map(({ name, id }) => [name, id]));
    this.#interfaceIds = new Map(interfaces.map(({ name, id }) => [name, id]));
    this.#intervals = database.prepare(intervalsSql(overheadPerPacket)).raw();
    this.#intervalsWithLabels = database.prepare(`${intervalsSql(overheadPerPacket)} ${WITH_LABELS}`).raw();
    this.#unsettled = database.prepare(UNSETTLED).pluck();
    this.#held = heldIntervals(database);
    this.#completeness = new IntervalCompleteness(database);
  }

  /** The networks that have an interval in `range`, by name and labels: one for each labels that these intervals have. */
  networksIn(range: Range): readonly LabelledNetwork[] {
    const rows = this.#read((database) => database.prepare(NETWORKS_IN).all(range) as NetworkRow[]);
    return rows
      .sort((a, b) => compare(a.name, b.name) || compare(a.labels, b.labels))
      .map(({ name, labels }) => ({ name, labels: JSON.parse(labels) as Labels }));
  }

  /** What was observed in `range`; nothing of a series that the ledger does not know. */
  intervals(series: Series, { startMs, endMs }: Range): Intervals {
    const networkId = this.#networkIds.get(series.network) ?? -1;
    const interfaceId = this.#interfaceIds.get(series.interface) ?? -1;
    // BigInt stays an integer in SQLite, so that its quotients do.
    const range = { networkId, interfaceId, startMs: BigInt(startMs), endMs: BigInt(endMs) };
    const { labelsVersions } = series;
    const [count, slots, bytesIn, bytesOut] = this.#read(() =>
      labelsVersions === null
        ? (this.#intervals.get(range) as Lists)
        : (this.#intervalsWithLabels.get({ ...range, labelsVersions: JSON.stringify(labelsVersions) }) as Lists),
    );
    const startsMs = toStarts(integersOf(slots, count), startMs);
    const columns = { startsMs, bytesIn: integersOf(bytesIn, count), bytesOut: integersOf(bytesOut, count) };
    this.#held.addTo(columns, { networkId, interfaceId, overheadPerPacket: this.#overheadPerPacket });
    return columns;
  }

  /** For each interval of `range`, how much of its windows was seen, 0 to 1; windows that are not there count 0. */
  completeness(interfaceName: string, range: Range): Float64Array {
    const interfaceId = this.#interfaceIds.get(interfaceName) ?? -1;
    return this.#read(() => this.#completeness.of(interfaceId, range));
  }

  /** Start of the first interval that starts behind `afterMs` and may still grow; null where there is none. */
  unsettledMs(interfaceName: string, afterMs: number): number | null {
    const key = { interfaceId: this.#interfaceIds.get(interfaceName) ?? -1, afterMs };
    return this.#read(() => this.#unsettled.get(key) as number | null);
  }

  [Symbol.dispose](): void {
    this.#ledger[Symbol.dispose]();
  }

  #read<T>(query: (database: ReadOnlyLedger["database"]) => T): T {
    try {
      return query(this.#ledger.database);
    } catch (error) {
      throw readFault(this.#ledger.file, error);
    }
  }
}

interface NamedRow {
  readonly id: number;
  readonly name: string;
}

interface NetworkRow extends NamedRow {
  readonly version: number;
  readonly labels: string;
}

const WITH_LABELS = "AND labels_version IN (SELECT value FROM json_each(@labelsVersions))";

function intervalsSql(overheadPerPacket: number): string {
  const billed = (direction: string): string =>
    overheadPerPacket === 0 ? `bytes_${direction}` : `bytes_${direction} + packets_${direction} * ${overheadPerPacket}`;
  return `
    SELECT count(*), ${integerList(`(start_ms - @startMs) / ${BILLING_INTERVAL_MS}`)},
      ${integerList(billed("in"))}, ${integerList(billed("out"))}
    FROM interval_usage
    WHERE network_id = @networkId AND interface_id = @interfaceId AND start_ms >= @startMs AND start_ms < @endMs`;
}

/** In place. Throws where slots do not ascend: a list has no order but that in which rows are met. */
function toStarts(slots: Float64Array, startMs: number): Float64Array {
  let before = -1;
  for (let index = 0; index < slots.length; index++) {
    const slot = slots[index] ?? 0;
    if (slot <= before) throw new Error("buffer: the ledger's intervals came out of their order");
    before = slot;
    slots[index] = startMs + slot * BILLING_INTERVAL_MS;
  }
  return slots;
}

/** By name; `rows` are those of one network after the other. */
function storedNetworks(rows: readonly NetworkRow[]): readonly StoredNetwork[] {
  const labelSets = new Map<string, { readonly version: number; readonly labels: Labels }[]>();
  for (const { name, version, labels } of rows) {
    const sets = labelSets.get(name) ?? [];
    labelSets.set(name, sets);
    sets.push({ version, labels: JSON.parse(labels) as Labels });
  }
  return [...labelSets].sort(([a], [b]) => compare(a, b)).map(([name, sets]) => ({ name, labelSets: sets }));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
