// The ledger's side of accounting: one SQL statement a method, all prepared once. The caller's `transaction` decides
// what belongs together. Cumulative counters are 64-bit integers in SQLite and float64 here, as they are on the wire.

import type { Statement } from "better-sqlite3";
import { type Address, ADDRESS_BYTES, addressFromBytes, addressToBytes } from "../model/address.ts";
import type { Labels } from "../model/network.ts";
import type { WindowQuality, WindowTotals } from "../model/window.ts";
import { type Database, inTransaction } from "./database.ts";
import { ADDRESS_SQL, HELD_SQL, INTERVAL_SQL, NAME_SQL, WINDOW_SQL } from "./usage-sql.ts";

interface Counters {
  readonly bytesIn: number;
  readonly packetsIn: number;
  readonly bytesOut: number;
  readonly packetsOut: number;
}

interface AddressKey {
  readonly interfaceId: number;
  readonly networkId: number;
  readonly address: Address;
}

interface StartKey {
  readonly interfaceId: number;
  readonly startMs: number;
}

interface WindowRecord {
  readonly startMs: number;
  readonly endMs: number;
  readonly totals: WindowTotals;
  readonly quality: WindowQuality;
}

interface StoredNetwork {
  readonly id: number;
  readonly name: string;
  readonly labels: Labels;
  readonly billBy: "network" | "address";
  readonly labelsVersion: number;
}

type IntervalUsage = Counters & { readonly networkId: number; readonly labelsVersion: number };

/** bytesIn, packetsIn, bytesOut, packetsOut, live, lastSampleMs: cheaper than objects. */
type StateRow = [number, number, number, number, number, number];
/** Then networkId, address. A Buffer costs as much as all the rest, so only a caller that lacks the key gets it. */
type AddressRow = [...StateRow, number, Buffer];

const prepare = (database: Database) => {
  const statements = { ...NAME_SQL, ...WINDOW_SQL, ...HELD_SQL, ...ADDRESS_SQL, ...INTERVAL_SQL };
  const prepared = Object.entries(statements).map(([name, sql]) => [name, database.prepare(sql)]);
  return Object.fromEntries(prepared) as { [K in keyof typeof statements]: Statement };
};

export class SqliteUsageStore {
  readonly #database: Database;
  readonly #sql: ReturnType<typeof prepare>;
  readonly #networks = new Map<string | number, StoredNetwork>();
  /** SQLite copies what it binds. */
  readonly #key = Buffer.alloc(ADDRESS_BYTES);

  constructor(database: Database) {
    this.#database = database;
    this.#sql = prepare(database);
    this.#sql.addToAddress.raw();
    this.#sql.liveAddresses.raw();
  }

  transaction<T>(work: () => T): T {
    return inTransaction(this.#database, work);
  }

  interfaceId(name: string): number {
    this.#sql.insertInterface.run(name);
    return (this.#sql.interfaceId.get(name) as { id: number }).id;
  }

  interfaceName(id: number): string {
    return (this.#sql.interfaceName.get(id) as { name: string }).name;
  }

  network(name: string): StoredNetwork {
    return this.#networks.get(name) ?? this.#readNetwork(name, this.#sql.networkByName);
  }

  networkById(id: number): StoredNetwork {
    return this.#networks.get(id) ?? this.#readNetwork(id, this.#sql.networkById);
  }

  lastSampleMs(interfaceId: number): number {
    return (this.#sql.lastSample.get(interfaceId) as { last_sample_ms: number }).last_sample_ms;
  }

  setLastSampleMs(interfaceId: number, timeMs: number): void {
    this.#sql.setLastSample.run({ timeMs: BigInt(timeMs), interfaceId });
  }

  setLateUsage(interfaceId: number): void {
    this.#sql.setLateUsage.run(interfaceId);
  }

  hasLateUsage(interfaceId: number): boolean {
    return this.#sql.lateUsage.get(interfaceId) !== undefined;
  }

  advanceStream(name: string, timeMs: number): boolean {
    return this.#sql.advanceStream.run(name, timeMs).changes === 1;
  }

  windowState(interfaceId: number, startMs: number): "unseen" | "held" | "closed" {
    const row = this.#sql.windowState.get(interfaceId, startMs) as { closed: number } | undefined;
    if (!row) return "unseen";
    return row.closed === 1 ? "closed" : "held";
  }

  addWindow(interfaceId: number, window: WindowRecord, closed: boolean): void {
    const { startMs, endMs, totals, quality } = window;
    this.#sql.addWindow.run({ interfaceId, startMs, endMs, closed: closed ? 1 : 0, ...totals, ...quality });
  }

  setWindowClosed({ interfaceId, startMs }: StartKey): void {
    this.#sql.setWindowClosed.run(interfaceId, startMs);
  }

  window(interfaceId: number, startMs: number): WindowRecord {
    type Row = Readonly<Record<string, number>> & { readonly startMs: number; readonly endMs: number };
    const row = this.#sql.window.get(interfaceId, startMs) as Row;
    const { startMs: start, endMs, observedMs, droppedFrames, interfaceFrames, clockStepMs, ...totals } = row;
    const quality = { observedMs, droppedFrames, interfaceFrames, clockStepMs } as unknown as WindowQuality;
    return { startMs: start, endMs, totals: totals as unknown as WindowTotals, quality };
  }

  heldWindows(endedByMs: number, interfaceId: number | null): readonly StartKey[] {
    return this.#sql.heldWindows.all({ endedByMs, interfaceId }) as StartKey[];
  }

  addHeldUsage(key: AddressKey, startMs: number, counters: Counters): void {
    this.#sql.addHeldUsage.run({ ...keyOf(key), startMs, ...counters });
  }

  takeHeldUsage(interfaceId: number, startMs: number): readonly (AddressKey & Counters)[] {
    const rows = this.#sql.heldUsage.all(interfaceId, startMs) as (Counters & { networkId: number; address: Buffer })[];
    this.#sql.deleteHeldUsage.run(interfaceId, startMs);
    return rows.map((row) => ({ ...row, interfaceId, address: addressFromBytes(row.address) }));
  }

  addToAddress(key: AddressKey, counters: Counters, activeMs: number) {
    const { bytesIn, packetsIn, bytesOut, packetsOut } = counters;
    const { interfaceId, networkId, address } = key;
    const values = [
      interfaceId,
      networkId,
      addressToBytes(address, this.#key),
      bytesIn,
      packetsIn,
      bytesOut,
      packetsOut,
      activeMs,
    ];
    return addressState(this.#sql.addToAddress.get(values) as StateRow, key);
  }

  *liveAddresses(interfaceId: number, windowEndMs: number) {
    for (const row of this.#sql.liveAddresses.iterate(interfaceId, windowEndMs)) {
      const [, , , , , , networkId, address] = row as AddressRow;
      yield addressState(row as AddressRow, { networkId, address: addressFromBytes(address) });
    }
  }

  setLive(key: AddressKey): void {
    this.#sql.setLive.run(keyOf(key));
  }

  hasIdle(interfaceId: number, activeByMs: number): boolean {
    return this.#sql.anyIdle.get(interfaceId, activeByMs) !== undefined;
  }

  retireIdle(interfaceId: number, activeByMs: number, lastSampleMs: number): void {
    this.#sql.retireIdle.run({ interfaceId, activeByMs, lastSampleMs });
  }

  observeInterval({ interfaceId, startMs }: StartKey): boolean {
    return this.#sql.observeInterval.run(interfaceId, startMs).changes === 1;
  }

  zeroInterval({ interfaceId, startMs }: StartKey, networkIds: readonly number[]): void {
    for (const id of networkIds)
      this.#sql.zeroInterval.run(id, interfaceId, startMs, this.networkById(id).labelsVersion);
  }

  addToInterval(key: StartKey, networkId: number, counters: Counters): void {
    const { labelsVersion } = this.networkById(networkId);
    this.#sql.addToInterval.run({ ...key, networkId, labelsVersion, ...counters });
  }

  addToAddressInterval(key: AddressKey, startMs: number, counters: Counters): void {
    this.#sql.addToAddressInterval.run({ ...keyOf(key), startMs, ...counters });
  }

  intervalEmitted({ interfaceId, startMs }: StartKey): boolean {
    return this.#sql.intervalEmitted.get(interfaceId, startMs) !== undefined;
  }

  dueIntervals(startedByMs: number, interfaceId: number | null): readonly StartKey[] {
    return this.#sql.dueIntervals.all({ startedByMs, interfaceId }) as StartKey[];
  }

  intervalNetworkIds(key: StartKey): readonly number[] {
    return this.intervalUsage(key).map(({ networkId }) => networkId);
  }

  intervalUsage({ interfaceId, startMs }: StartKey): readonly IntervalUsage[] {
    return this.#sql.intervalUsage.all(interfaceId, startMs) as IntervalUsage[];
  }

  setIntervalLabels(key: StartKey, { id, labelsVersion }: StoredNetwork): void {
    this.#sql.setIntervalLabels.run({ ...key, networkId: id, labelsVersion });
  }

  addressIntervalUsage({ interfaceId, startMs }: StartKey, networkId: number) {
    type Row = Counters & { readonly address: Buffer };
    const rows = this.#sql.addressIntervalUsage.all(networkId, interfaceId, startMs) as Row[];
    return rows.map((row) => ({ ...row, address: addressFromBytes(row.address) }));
  }

  setIntervalEmitted({ interfaceId, startMs }: StartKey): void {
    this.#sql.setIntervalEmitted.run(interfaceId, startMs);
  }

  #readNetwork(key: string | number, statement: Statement): StoredNetwork {
    const row = statement.get(key) as (Omit<StoredNetwork, "labels"> & { readonly labels: string }) | undefined;
    if (!row) throw new Error(`buffer: network ${key} is not in the ledger`);
    const network = { ...row, labels: JSON.parse(row.labels) as Labels };
    this.#networks.set(row.id, network).set(row.name, network);
    return network;
  }
}

function keyOf({ interfaceId, networkId, address }: AddressKey) {
  return { interfaceId, networkId, address: addressToBytes(address) };
}

function addressState(row: StateRow | AddressRow, { networkId, address }: Omit<AddressKey, "interfaceId">) {
  const [bytesIn, packetsIn, bytesOut, packetsOut, live, lastSampleMs] = row;
  const counters = { bytesIn, packetsIn, bytesOut, packetsOut };
  const isNew = lastSampleMs < 0;
  return { networkId, address, ...counters, isNew, live: live === 1, lastSampleMs: Math.max(0, lastSampleMs) };
}
