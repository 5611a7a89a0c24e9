// What accounting needs of a durable store. All calls belong to the one transaction of a commit.

import type { Address } from "../model/address.ts";
import type { Labels } from "../model/network.ts";
import type { WindowQuality, WindowTotals } from "../model/window.ts";

/** Bytes and packets per direction: of a window, an interval, or since ever. */
export interface Counters {
  readonly bytesIn: number;
  readonly packetsIn: number;
  readonly bytesOut: number;
  readonly packetsOut: number;
}

/** An address of a network on an interface, by the store's own numbers. */
export interface AddressKey {
  readonly interfaceId: number;
  readonly networkId: number;
  readonly address: Address;
}

export interface AddressState extends Counters {
  readonly networkId: number;
  readonly address: Address;
  /** It was not in the ledger before. */
  readonly isNew: boolean;
  /** Its counters are repeated with every window. */
  readonly live: boolean;
  /** While not live: the time stamp of its last sample, 0 for an address that never had one. */
  readonly lastSampleMs: number;
}

export interface WindowRecord {
  readonly startMs: number;
  readonly endMs: number;
  readonly totals: WindowTotals;
  readonly quality: WindowQuality;
}

export interface StoredNetwork {
  readonly id: number;
  readonly name: string;
  readonly labels: Labels;
  readonly billBy: "network" | "address";
  /** Which of the sets of labels that the network has had. */
  readonly labelsVersion: number;
}

/** A network's usage of an interval, with the labels that it was pushed with; until then, those when it was made. */
export interface IntervalUsage extends Counters {
  readonly networkId: number;
  readonly labelsVersion: number;
}

/** An interface and the start of a window. */
export interface WindowKey {
  readonly interfaceId: number;
  readonly startMs: number;
}

/** An interface and the start of a billing interval. */
export interface IntervalKey {
  readonly interfaceId: number;
  readonly startMs: number;
}

export interface UsageStore {
  /** Runs `work` in one transaction: all of it is on disk when this returns, or nothing is. */
  transaction<T>(work: () => T): T;

  interfaceId(name: string): number;
  interfaceName(id: number): string;
  network(name: string): StoredNetwork;
  networkById(id: number): StoredNetwork;

  /** The newest time stamp among the counter samples of an interface; 0 before the first. */
  lastSampleMs(interfaceId: number): number;
  setLastSampleMs(interfaceId: number, timeMs: number): void;
  /** Notes that counters of the interface grew without a sample, until `setLastSampleMs`. */
  setLateUsage(interfaceId: number): void;
  hasLateUsage(interfaceId: number): boolean;
  /** Moves a stream's newest time stamp on; false where it already is at `timeMs` or later. */
  advanceStream(name: string, timeMs: number): boolean;

  windowState(interfaceId: number, startMs: number): "unseen" | "held" | "closed";
  /** Adds to the window's row (made where missing) and sets its state. */
  addWindow(interfaceId: number, window: WindowRecord, closed: boolean): void;
  window(interfaceId: number, startMs: number): WindowRecord;
  setWindowClosed(key: WindowKey): void;
  /** Held windows that ended by then, oldest first; of one interface, or of all (null). */
  heldWindows(endedByMs: number, interfaceId: number | null): readonly WindowKey[];
  addHeldUsage(key: AddressKey, startMs: number, counters: Counters): void;
  /** The usage of a held window, removed from the store. */
  takeHeldUsage(interfaceId: number, startMs: number): readonly (AddressKey & Counters)[];

  /** Adds to an address' cumulative counters and returns what they are now. One that is not known yet is live. */
  addToAddress(key: AddressKey, counters: Counters, activeMs: number): AddressState;
  /** Live addresses without traffic in the window that ends at `windowEndMs`, or later. */
  liveAddresses(interfaceId: number, windowEndMs: number): IterableIterator<AddressState>;
  setLive(key: AddressKey): void;
  /** Whether `retireIdle` would end any series. */
  hasIdle(interfaceId: number, activeByMs: number): boolean;
  /** Ends the series of addresses without traffic since `activeByMs`; `lastSampleMs` was their last sample. */
  retireIdle(interfaceId: number, activeByMs: number, lastSampleMs: number): void;

  /** Marks an interval observed. True where it was not. */
  observeInterval(key: IntervalKey): boolean;
  /** Gives the interval a zero row for each of `networkIds` that has none. */
  zeroInterval(key: IntervalKey, networkIds: readonly number[]): void;
  addToInterval(key: IntervalKey, networkId: number, counters: Counters): void;
  addToAddressInterval(key: AddressKey, startMs: number, counters: Counters): void;
  intervalEmitted(key: IntervalKey): boolean;
  /** Observed intervals whose gauges are not written yet, oldest first; of one interface, or of all (null). */
  dueIntervals(startedByMs: number, interfaceId: number | null): readonly IntervalKey[];
  intervalNetworkIds(key: IntervalKey): readonly number[];
  intervalUsage(key: IntervalKey): readonly IntervalUsage[];
  /** Notes that the interval's gauges of a network carry the labels that it has now. */
  setIntervalLabels(key: IntervalKey, network: StoredNetwork): void;
  addressIntervalUsage(key: IntervalKey, networkId: number): readonly (Counters & { readonly address: Address })[];
  setIntervalEmitted(key: IntervalKey): void;
}
