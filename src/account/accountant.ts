// The stage's root: turns captured windows into interval usage, cumulative counters and samples, one commit each.
// All of a commit is in the ledger, or nothing of it; a caller repeats only what was refused.

import { addressAt } from "../model/address.ts";
import { BILLING_INTERVAL_MS, floorTo } from "../model/time.ts";
import type { WindowUsage } from "../model/window.ts";
import { AddressCounters, type AddressCounterOptions } from "./address-counters.ts";
import { BillingIntervals, type BillingIntervalOptions } from "./billing-intervals.ts";
import type { SampleSink } from "./sample-sink.ts";
import { columnsOf, countersAt } from "./usage-rows.ts";
import type { UsageStore } from "./usage-store.ts";

export type AccountOptions = AddressCounterOptions & BillingIntervalOptions;

export interface AccountDependencies {
  readonly store: UsageStore;
  readonly sink: SampleSink;
}

export interface CloseOptions {
  /** Live windows also carry the calendar; replayed ones do not. */
  readonly live: boolean;
}

/** What a commit did. */
export interface CloseOutcome {
  /** Bytes that came after their interval's gauges were written: the ledger has them, the pushed gauges have not. */
  readonly lateBytes: number;
}

/** Which held windows and due intervals to finish: those that ended by then, of one interface or of all. */
export interface SettleScope {
  readonly endedByMs: number;
  readonly interface?: string;
}

export class Accountant {
  readonly #store: UsageStore;
  readonly #counters: AddressCounters;
  readonly #intervals: BillingIntervals;

  constructor(options: AccountOptions, { store, sink }: AccountDependencies) {
    this.#store = store;
    this.#counters = new AddressCounters(options, store, sink);
    this.#intervals = new BillingIntervals(options, store, sink);
  }

  /** Commits a window that can no longer change, with whatever was held of it. */
  close(window: WindowUsage, { live }: CloseOptions): CloseOutcome {
    return this.#store.transaction(() => {
      const interfaceId = this.#store.interfaceId(window.interface);
      // Live windows of an interface come in order: what was held before this one is complete, and sampled first.
      const settledLateBytes = live ? this.#settle(window.startMs, interfaceId) : 0;
      const state = this.#store.windowState(interfaceId, window.startMs);
      this.#store.addWindow(interfaceId, window, true);
      if (state === "held") this.#addHeld(interfaceId, window);
      const whole = state === "held" ? this.#takeHeld(interfaceId, window.startMs) : window;
      const lateBytes = settledLateBytes + this.#account(interfaceId, whole);
      if (live && window.endMs % BILLING_INTERVAL_MS === 0) this.#finishInterval(interfaceId, window.endMs);
      return { lateBytes };
    });
  }

  /** Commits a part of a window of which more may follow; nothing of it is sampled yet. */
  hold(window: WindowUsage): CloseOutcome {
    return this.#store.transaction(() => {
      const interfaceId = this.#store.interfaceId(window.interface);
      // Nothing takes up what is held of a closed window: it counts now.
      const closed = this.#store.windowState(interfaceId, window.startMs) === "closed";
      this.#store.addWindow(interfaceId, window, closed);
      if (closed) return { lateBytes: this.#account(interfaceId, window) };
      this.#addHeld(interfaceId, window);
      return { lateBytes: 0 };
    });
  }

  /** Closes held windows and writes the gauges of intervals of which nothing more can come. */
  settle({ endedByMs, interface: only }: SettleScope): CloseOutcome {
    return this.#store.transaction(() => {
      const interfaceId = only === undefined ? null : this.#store.interfaceId(only);
      return { lateBytes: this.#settle(endedByMs, interfaceId) };
    });
  }

  /** Samples late usage of an interface that may see no further window. */
  sampleLate(interfaceName: string, nowMs: number): void {
    this.#store.transaction(() => {
      this.#counters.sampleLate(this.#store.interfaceId(interfaceName), interfaceName, nowMs);
    });
  }

  /** Of one interface, or of all (null). Returns the late bytes. */
  #settle(endedByMs: number, interfaceId: number | null): number {
    let lateBytes = 0;
    for (const held of this.#store.heldWindows(endedByMs, interfaceId)) {
      this.#store.setWindowClosed(held);
      lateBytes += this.#account(held.interfaceId, this.#takeHeld(held.interfaceId, held.startMs));
    }
    const startedByMs = endedByMs - BILLING_INTERVAL_MS;
    for (const due of this.#store.dueIntervals(startedByMs, interfaceId)) this.#intervals.emit(due);
    return lateBytes;
  }

  /** Returns the late bytes. */
  #account(interfaceId: number, window: WindowUsage): number {
    const networks = window.networks.map((name) => this.#store.network(name));
    const lateBytes = this.#intervals.add(interfaceId, window, networks);
    this.#counters.add(interfaceId, window, networks);
    return lateBytes;
  }

  #finishInterval(interfaceId: number, endMs: number): void {
    const key = { interfaceId, startMs: endMs - BILLING_INTERVAL_MS };
    if (!this.#store.intervalEmitted(key)) this.#intervals.emit(key);
    this.#intervals.emitCalendar(key.startMs);
  }

  #addHeld(interfaceId: number, window: WindowUsage): void {
    const networkIds = window.networks.map((name) => this.#store.network(name).id);
    this.#intervals.observe(interfaceId, window.startMs, networkIds);
    for (let row = 0; row < window.usage.length; row++) {
      const networkId = networkIds[window.usage.networks[row] ?? 0] ?? 0;
      const address = addressAt(window.usage.addresses, row);
      this.#store.addHeldUsage({ interfaceId, networkId, address }, window.startMs, countersAt(window.usage, row));
    }
  }

  #takeHeld(interfaceId: number, startMs: number): WindowUsage {
    const rows = this.#store.takeHeldUsage(interfaceId, startMs);
    const ids = this.#store.intervalNetworkIds({ interfaceId, startMs: floorTo(startMs, BILLING_INTERVAL_MS) });
    return {
      interface: this.#store.interfaceName(interfaceId),
      source: null,
      ...this.#store.window(interfaceId, startMs),
      networks: ids.map((id) => this.#store.networkById(id).name),
      usage: columnsOf(rows, new Map(ids.map((id, index) => [id, index]))),
    };
  }
}
