// The cumulative counters of addresses: durable, never reset, one sample of each per window while an address is live.
// Time stamps of an interface's counters only move on. Usage that comes after its window was sampled is in the
// next sample; a series that starts or returns first shows its previous total, so that its growth is visible.

import { type Address, addressAt, formatAddress } from "../model/address.ts";
import { BILLING_INTERVAL_MS, floorTo, sampleTime } from "../model/time.ts";
import { completenessOf, type UsageColumns, type WindowUsage } from "../model/window.ts";
import type { SampleBuilder, SampleSink, SeriesTemplate } from "./sample-sink.ts";
import { countersAt, rowsByKey, withOverhead } from "./usage-rows.ts";
import type { AddressState, Counters, StoredNetwork, UsageStore } from "./usage-store.ts";

export interface AddressCounterOptions {
  readonly idleTimeoutMs: number;
  readonly windowMs: number;
  /** Bytes that the configured layer adds to each packet. */
  readonly overheadPerPacket: number;
}

interface CounterTemplates {
  readonly bytesIn: SeriesTemplate;
  readonly packetsIn: SeriesTemplate;
  readonly bytesOut: SeriesTemplate;
  readonly packetsOut: SeriesTemplate;
}

interface AddressTotals extends Counters {
  readonly networkId: number;
  readonly address: Address;
}

/** Cumulative counters of the rows of a window, as columns: 65,536 objects would outlive the young generation. */
interface Totals extends Columns {
  readonly networkIds: Uint32Array;
  /** Where the row's series shows its previous total; 0 where it does not. */
  readonly baselineMs: Float64Array;
  returning: number;
}

interface Columns {
  readonly bytesIn: Float64Array;
  readonly packetsIn: Float64Array;
  readonly bytesOut: Float64Array;
  readonly packetsOut: Float64Array;
}

/** A window's rows, and the order in which the ledger has them. */
interface Ordered {
  readonly usage: UsageColumns;
  readonly rows: Uint32Array;
}

/** What a window came to. */
interface Counted extends Ordered {
  readonly totals: Totals;
  readonly completeness: number;
}

/** One interface's window on its way into the counters. */
interface Pass {
  readonly interfaceId: number;
  readonly interfaceName: string;
  readonly windowEndMs: number;
  /** Time stamp of this window's samples; null where the window is too late to have any. */
  readonly timeMs: number | null;
  readonly lastSampleMs: number;
}

export class AddressCounters {
  readonly #options: AddressCounterOptions;
  readonly #store: UsageStore;
  readonly #sink: SampleSink;
  readonly #templates = new Map<string, CounterTemplates>();

  constructor(options: AddressCounterOptions, store: UsageStore, sink: SampleSink) {
    this.#options = options;
    this.#store = store;
    this.#sink = sink;
  }

  /** Adds a window's usage, and samples every live address and the window's completeness unless it is too late for that. */
  add(interfaceId: number, window: WindowUsage, networks: readonly StoredNetwork[]): void {
    const lastSampleMs = this.#store.lastSampleMs(interfaceId);
    const timeMs = sampleTime(window.endMs) > lastSampleMs ? sampleTime(window.endMs) : null;
    const interfaceName = window.interface;
    const pass: Pass = { interfaceId, interfaceName, windowEndMs: window.endMs, timeMs, lastSampleMs };
    const { usage } = window;
    const rows = rowsByKey(usage);
    const totals = this.#count(pass, { usage, rows }, networks);
    const completeness = completenessOf(window.endMs - window.startMs, window.totals, window.quality);
    this.#writeOnce(pass, { usage, rows, totals, completeness });
    if (timeMs === null) {
      if (usage.length > 0) this.#store.setLateUsage(interfaceId);
      return;
    }
    this.#sample(pass, timeMs, (builder) => {
      if (completeness === 1) addCompleteness(builder, pass, completeness);
      for (const row of rows) {
        const address = addressAt(usage.addresses, row);
        const networkId = totals.networkIds[row] ?? 0;
        this.#addSamples(builder, pass, { networkId, address, ...countersAt(totals, row) }, timeMs);
      }
    });
  }

  /** Samples late usage at the first free window, where that is not in the future; else the next window has it. */
  sampleLate(interfaceId: number, interfaceName: string, nowMs: number): void {
    const lastSampleMs = this.#store.lastSampleMs(interfaceId);
    const windowEndMs = floorTo(lastSampleMs + 1, this.#options.windowMs) + this.#options.windowMs;
    if (windowEndMs > nowMs) return;
    const timeMs = sampleTime(windowEndMs);
    const pass = { interfaceId, interfaceName, windowEndMs, timeMs, lastSampleMs };
    this.#sample(pass, timeMs, () => undefined);
  }

  #count(pass: Pass, { usage, rows }: Ordered, networks: readonly StoredNetwork[]): Totals {
    const totals = newTotals(usage.length);
    for (const row of rows) {
      const network = networks[usage.networks[row] ?? 0];
      if (!network) throw new Error(`account: usage names network ${usage.networks[row]}, which is not there`);
      const key = { interfaceId: pass.interfaceId, networkId: network.id, address: addressAt(usage.addresses, row) };
      const state = this.#store.addToAddress(key, this.#layered(usage, row), pass.windowEndMs);
      setTotals(totals, row, state);
      if (state.live && !state.isNew) continue;
      if (!state.live) this.#store.setLive(key);
      totals.baselineMs[row] = baselineTime(pass, state.lastSampleMs) ?? 0;
      totals.returning++;
    }
    return totals;
  }

  /** What no later window repeats: the totals before this one of the addresses that it made live, a completeness below 1. */
  #writeOnce(pass: Pass, { usage, rows, totals, completeness }: Counted): void {
    const isNoted = pass.timeMs !== null && completeness < 1;
    if (totals.returning === 0 && !isNoted) return;
    this.#sink.write({ kind: "counter", windowEndMs: pass.windowEndMs }, (builder) => {
      if (isNoted) addCompleteness(builder, pass, completeness);
      for (const row of rows) {
        const timeMs = totals.baselineMs[row] ?? 0;
        if (timeMs === 0) continue;
        const before = subtract(countersAt(totals, row), this.#layered(usage, row));
        const address = addressAt(usage.addresses, row);
        this.#addSamples(builder, pass, { networkId: totals.networkIds[row] ?? 0, address, ...before }, timeMs);
      }
    });
  }

  /** Writes what `fill` adds and every other live address, then retires those that were idle for too long. */
  #sample(pass: Pass, timeMs: number, fill: (builder: SampleBuilder) => void): void {
    const { interfaceId, windowEndMs } = pass;
    const activeByMs = windowEndMs - this.#options.idleTimeoutMs;
    const live = { interfaceId, isLast: this.#endsHere(interfaceId, activeByMs) };
    this.#sink.write({ kind: "counter", windowEndMs, live }, (builder) => {
      fill(builder);
      for (const state of this.#store.liveAddresses(interfaceId, windowEndMs)) {
        this.#addSamples(builder, pass, state, timeMs);
      }
    });
    this.#store.retireIdle(interfaceId, activeByMs, timeMs);
    this.#store.setLastSampleMs(interfaceId, timeMs);
  }

  /**
   * Whether a series ends with this sample and may have a value that the last sample of no billing interval shows. What
   * was silent for a whole interval is in one, unless its counters grew late.
   */
  #endsHere(interfaceId: number, activeByMs: number): boolean {
    const isShown = this.#options.idleTimeoutMs >= BILLING_INTERVAL_MS && !this.#store.hasLateUsage(interfaceId);
    return !isShown && this.#store.hasIdle(interfaceId, activeByMs);
  }

  #layered(usage: UsageColumns, row: number): Counters {
    return withOverhead(countersAt(usage, row), this.#options.overheadPerPacket);
  }

  #addSamples(builder: SampleBuilder, pass: Pass, state: AddressTotals, timeMs: number): void {
    const templates = this.#templatesFor(builder, pass, state.networkId);
    const ip = formatAddress(state.address);
    builder.add(templates.bytesIn, state.bytesIn, timeMs, ip);
    builder.add(templates.bytesOut, state.bytesOut, timeMs, ip);
    builder.add(templates.packetsIn, state.packetsIn, timeMs, ip);
    builder.add(templates.packetsOut, state.packetsOut, timeMs, ip);
  }

  #templatesFor(builder: SampleBuilder, pass: Pass, networkId: number): CounterTemplates {
    const key = `${pass.interfaceId} ${networkId}`;
    const known = this.#templates.get(key);
    if (known) return known;
    const network = this.#store.networkById(networkId);
    const series = (name: string, direction: string): SeriesTemplate =>
      builder.template(
        name,
        { ...network.labels, network: network.name, interface: pass.interfaceName, direction },
        "ip",
      );
    const made = {
      bytesIn: series("acct_bytes_total", "in"),
      packetsIn: series("acct_packets_total", "in"),
      bytesOut: series("acct_bytes_total", "out"),
      packetsOut: series("acct_packets_total", "out"),
    };
    this.#templates.set(key, made);
    return made;
  }
}

function addCompleteness(builder: SampleBuilder, pass: Pass, completeness: number): void {
  const series = builder.template("acct_window_completeness_ratio", { interface: pass.interfaceName });
  builder.add(series, completeness, sampleTime(pass.windowEndMs));
}

/**
 * Where a starting or returning series shows its previous total: the end of the previous billing interval, or the
 * previous window where it already has a sample after that. Null where neither is free: its last sample is recent.
 */
function baselineTime(pass: Pass, lastSampleMs: number): number | null {
  if (pass.timeMs === null) return pass.lastSampleMs > lastSampleMs ? pass.lastSampleMs : null;
  const previousInterval = sampleTime(floorTo(pass.timeMs, BILLING_INTERVAL_MS));
  if (previousInterval > lastSampleMs) return previousInterval;
  return pass.lastSampleMs > lastSampleMs ? pass.lastSampleMs : null;
}

function newTotals(length: number): Totals {
  const column = (): Float64Array => new Float64Array(length);
  const columns = { bytesIn: column(), packetsIn: column(), bytesOut: column(), packetsOut: column() };
  return { ...columns, networkIds: new Uint32Array(length), baselineMs: column(), returning: 0 };
}

function setTotals(totals: Totals, row: number, state: AddressState): void {
  totals.networkIds[row] = state.networkId;
  totals.bytesIn[row] = state.bytesIn;
  totals.packetsIn[row] = state.packetsIn;
  totals.bytesOut[row] = state.bytesOut;
  totals.packetsOut[row] = state.packetsOut;
}

function subtract(total: Counters, delta: Counters): Counters {
  return {
    bytesIn: total.bytesIn - delta.bytesIn,
    packetsIn: total.packetsIn - delta.packetsIn,
    bytesOut: total.bytesOut - delta.bytesOut,
    packetsOut: total.packetsOut - delta.packetsOut,
  };
}
