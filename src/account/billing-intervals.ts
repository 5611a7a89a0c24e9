// What is billed: bytes per network, interface and 300 s interval. An interval's gauges are written once, when it can
// no longer grow by live capture; later usage changes the ledger alone, and says so.

import { addressAt, formatAddress } from "../model/address.ts";
import { Calendar, intervalsBetween } from "../model/calendar.ts";
import type { Labels } from "../model/network.ts";
import { BILLING_INTERVAL_MS, floorTo, sampleTime } from "../model/time.ts";
import type { UsageColumns, WindowUsage } from "../model/window.ts";
import type { RequestScope, SampleBuilder, SampleSink } from "./sample-sink.ts";
import { countersAt, sumByNetwork, withOverhead } from "./usage-rows.ts";
import type { Counters, IntervalKey, IntervalUsage, StoredNetwork, UsageStore } from "./usage-store.ts";

export interface BillingIntervalOptions {
  /** Bytes that the configured layer adds to each packet. */
  readonly overheadPerPacket: number;
  /** The time zones in which a network is billed; at least one. */
  readonly timeZonesOf: (labels: Labels) => readonly string[];
  /** The time zones of all contracts, and UTC. */
  readonly timeZones: readonly string[];
}

const CALENDAR_STREAM = "calendar";

export class BillingIntervals {
  readonly #options: BillingIntervalOptions;
  readonly #store: UsageStore;
  readonly #sink: SampleSink;
  readonly #calendars = new Map<string, Calendar>();

  constructor(options: BillingIntervalOptions, store: UsageStore, sink: SampleSink) {
    this.#options = options;
    this.#store = store;
    this.#sink = sink;
  }

  /** Marks the interval of a window observed, with zeros for each of the networks in force in it. */
  observe(interfaceId: number, windowStartMs: number, networkIds: readonly number[]): void {
    const key = { interfaceId, startMs: floorTo(windowStartMs, BILLING_INTERVAL_MS) };
    this.#store.observeInterval(key);
    this.#store.zeroInterval(key, networkIds);
  }

  /** Adds a window to its interval. Returns the bytes that came after the interval's gauges were written. */
  add(interfaceId: number, window: WindowUsage, networks: readonly StoredNetwork[]): number {
    const key = { interfaceId, startMs: floorTo(window.startMs, BILLING_INTERVAL_MS) };
    const late = this.#store.intervalEmitted(key);
    this.observe(
      interfaceId,
      window.startMs,
      networks.map((network) => network.id),
    );
    let bytes = 0;
    for (const [index, counters] of sumByNetwork(window.usage)) {
      const network = networks[index];
      if (!network) continue;
      this.#store.addToInterval(key, network.id, counters);
      bytes += counters.bytesIn + counters.bytesOut;
    }
    this.#addAddresses(key, window.usage, networks);
    return late ? bytes : 0;
  }

  /** Writes the gauges of an observed interval with the labels of now; afterwards neither changes. */
  emit(key: IntervalKey): void {
    const interfaceName = this.#store.interfaceName(key.interfaceId);
    const usages = this.#store.intervalUsage(key);
    this.#sink.write(scopeOf(key.startMs), (builder) => {
      for (const usage of usages) this.#emitNetwork(builder, { key, interfaceName, usage });
    });
    for (const { networkId, labelsVersion } of usages) {
      const network = this.#store.networkById(networkId);
      if (network.labelsVersion !== labelsVersion) this.#store.setIntervalLabels(key, network);
    }
    this.#store.setIntervalEmitted(key);
  }

  /** Writes the calendar of the interval that starts at `startMs`: intervals of this month to date and of the last one. */
  emitCalendar(startMs: number): void {
    const timeMs = sampleTime(startMs + BILLING_INTERVAL_MS);
    if (!this.#store.advanceStream(CALENDAR_STREAM, timeMs)) return;
    this.#sink.write(scopeOf(startMs), (builder) => {
      const add = (labels: Labels, value: number): void =>
        builder.add(builder.template("acct_period_intervals", labels), value, timeMs);
      for (const timeZone of this.#options.timeZones) {
        const calendar = this.#calendar(timeZone);
        const current = calendar.monthAt(startMs);
        const previous = calendar.monthBefore(current);
        const toDate = intervalsBetween(current.startMs, startMs + BILLING_INTERVAL_MS);
        add({ time_zone: timeZone, period: current.period, which: "current" }, toDate);
        const whole = intervalsBetween(previous.startMs, previous.endMs);
        add({ time_zone: timeZone, period: previous.period, which: "previous" }, whole);
      }
    });
  }

  #addAddresses(interval: IntervalKey, usage: UsageColumns, networks: readonly StoredNetwork[]): void {
    if (networks.every((network) => network.billBy === "network")) return;
    for (let row = 0; row < usage.length; row++) {
      const network = networks[usage.networks[row] ?? 0];
      if (network?.billBy !== "address") continue;
      const { interfaceId, startMs } = interval;
      const address = addressAt(usage.addresses, row);
      this.#store.addToAddressInterval(
        { interfaceId, networkId: network.id, address },
        startMs,
        countersAt(usage, row),
      );
    }
  }

  #emitNetwork(
    builder: SampleBuilder,
    { key, interfaceName, usage }: { key: IntervalKey; interfaceName: string; usage: IntervalUsage },
  ): void {
    const network = this.#store.networkById(usage.networkId);
    const addresses = network.billBy === "address" ? this.#store.addressIntervalUsage(key, network.id) : [];
    for (const timeZone of this.#options.timeZonesOf(network.labels)) {
      const { period } = this.#calendar(timeZone).monthAt(key.startMs);
      const shared = { interface: interfaceName, network: network.name, time_zone: timeZone, period };
      const labels = { ...network.labels, ...shared };
      this.#addGauges(builder, { name: "acct_interval_bytes", labels, startMs: key.startMs }, usage);
      for (const { address, ...counters } of addresses) {
        const ofAddress = { ...labels, ip: formatAddress(address) };
        const series = { name: "acct_address_interval_bytes", labels: ofAddress, startMs: key.startMs };
        this.#addGauges(builder, series, counters);
      }
    }
  }

  #addGauges(builder: SampleBuilder, series: { name: string; labels: Labels; startMs: number }, usage: Counters): void {
    const timeMs = sampleTime(series.startMs + BILLING_INTERVAL_MS);
    const billed = withOverhead(usage, this.#options.overheadPerPacket);
    const template = (direction: string) => builder.template(series.name, { ...series.labels, direction });
    builder.add(template("in"), billed.bytesIn, timeMs);
    builder.add(template("out"), billed.bytesOut, timeMs);
  }

  #calendar(timeZone: string): Calendar {
    const known = this.#calendars.get(timeZone);
    if (known) return known;
    const calendar = new Calendar(timeZone);
    this.#calendars.set(timeZone, calendar);
    return calendar;
  }
}

function scopeOf(startMs: number): RequestScope {
  return { kind: "interval", windowEndMs: startMs + BILLING_INTERVAL_MS };
}
