// The cumulative counters of addresses: durable, never reset, one sample of each per window while an address is live.
// Time stamps of an interface's counters only move on. Usage that comes after its window was sampled is in the
// next sample; a series that starts or returns first shows its previous total, so that its growth is visible.

import { addressAt, formatAddress } from "../model/address.ts";
import { BILLING_INTERVAL_MS, floorTo, sampleTime } from "../model/time.ts";
import { completenessOf, type UsageColumns, type WindowUsage } from "../model/window.ts";
import type { RequestScope, SampleBuilder, SampleSink, SeriesTemplate } from "./sample-sink.ts";
import { countersAt, withOverhead } from "./usage-rows.ts";
import type { AddressKey, AddressState, Counters, StoredNetwork, UsageStore } from "./usage-store.ts";

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

interface Baseline {
  readonly state: AddressState;
  readonly timeMs: number;
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

interface Samples {
  readonly timeMs: number;
  readonly current: readonly AddressState[];
  /** Null where no window was observed. */
  readonly completeness: number | null;
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
    const { current, baselines } = this.#count(pass, window.usage, networks);
    this.#writeBaselines(pass, baselines);
    if (timeMs === null) return;
    const completeness = completenessOf(window.endMs - window.startMs, window.totals, window.quality);
    this.#sample(pass, { timeMs, current, completeness });
  }

  /** Samples late usage at the first free window, where that is not in the future; else the next window has it. */
  sampleLate(interfaceId: number, interfaceName: string, nowMs: number): void {
    const lastSampleMs = this.#store.lastSampleMs(interfaceId);
    const windowEndMs = lastSampleMs + 1 + this.#options.windowMs;
    if (windowEndMs > nowMs) return;
    const timeMs = sampleTime(windowEndMs);
    const pass = { interfaceId, interfaceName, windowEndMs, timeMs, lastSampleMs };
    this.#sample(pass, { timeMs, current: [], completeness: null });
  }

  #count(pass: Pass, usage: UsageColumns, networks: readonly StoredNetwork[]) {
    const current: AddressState[] = [];
    const baselines: Baseline[] = [];
    for (let row = 0; row < usage.length; row++) {
      const network = networks[usage.networks[row] ?? 0];
      if (!network)
        throw new Error(`account: usage row ${row} names network ${usage.networks[row]}, which is not there`);
      const key = { interfaceId: pass.interfaceId, networkId: network.id, address: addressAt(usage.addresses, row) };
      const delta = withOverhead(countersAt(usage, row), this.#options.overheadPerPacket);
      const state = this.#store.addToAddress(key, delta, pass.windowEndMs);
      current.push(state);
      if (!state.live) this.#revive(pass, key, { state, delta }, baselines);
    }
    return { current, baselines };
  }

  #revive(pass: Pass, key: AddressKey, change: { state: AddressState; delta: Counters }, baselines: Baseline[]): void {
    this.#store.setLive(key);
    const timeMs = baselineTime(pass, change.state.lastSampleMs);
    if (timeMs !== null) baselines.push({ state: subtract(change.state, change.delta), timeMs });
  }

  #writeBaselines(pass: Pass, baselines: readonly Baseline[]): void {
    if (baselines.length === 0) return;
    this.#sink.write(counterScope(pass), (builder) => {
      for (const { state, timeMs } of baselines) this.#addSamples(builder, pass, { state, timeMs });
    });
  }

  /** Samples the addresses of this window and every other live one; retires those idle for too long. */
  #sample(pass: Pass, { timeMs, current, completeness }: Samples): void {
    const idle: AddressState[] = [];
    this.#sink.write(counterScope(pass), (builder) => {
      if (completeness !== null) {
        const labels = { interface: pass.interfaceName };
        builder.add(builder.template("acct_window_completeness_ratio", labels), completeness, timeMs);
      }
      for (const state of current) this.#addSamples(builder, pass, { state, timeMs });
      for (const state of this.#store.liveAddresses(pass.interfaceId, current.length === 0 ? 0 : pass.windowEndMs)) {
        this.#addSamples(builder, pass, { state, timeMs });
        if (pass.windowEndMs - state.lastActiveMs >= this.#options.idleTimeoutMs) idle.push(state);
      }
    });
    for (const { networkId, address } of idle) {
      this.#store.retire({ interfaceId: pass.interfaceId, networkId, address }, timeMs);
    }
    this.#store.setLastSampleMs(pass.interfaceId, timeMs);
  }

  #addSamples(builder: SampleBuilder, pass: Pass, sample: Baseline): void {
    const { state, timeMs } = sample;
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

function counterScope(pass: Pass): RequestScope {
  return { kind: "counter", windowEndMs: pass.windowEndMs };
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

function subtract(state: AddressState, delta: Counters): AddressState {
  return {
    ...state,
    bytesIn: state.bytesIn - delta.bytesIn,
    packetsIn: state.packetsIn - delta.packetsIn,
    bytesOut: state.bytesOut - delta.bytesOut,
    packetsOut: state.packetsOut - delta.packetsOut,
  };
}
