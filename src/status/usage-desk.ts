// What the ledger says of now and of the month, for whoever asks: read at most once a window, and the figures of the month
// once a billing interval, in the background. Snapshots are short, so that the ledger's journal can end.

import { setImmediate as turn, setTimeout as sleep } from "node:timers/promises";
import type { ShownBill } from "../billing/html/bill-section.ts";
import { bills, contractsOf } from "../billing/report.ts";
import type { Database } from "../buffer/database.ts";
import { openSnapshot, readFault } from "../buffer/read-only-ledger.ts";
import type { Contract } from "../model/contract.ts";
import type { Labels } from "../model/network.ts";
import { BILLING_INTERVAL_MS, type Clock, floorTo } from "../model/time.ts";
import { type AddressMetrics, addressMetrics } from "./address-metrics.ts";
import { Day, type DayState } from "./day.ts";
import { type MonthFigures, monthFigures } from "./month-figures.ts";
import type { NetworkUsage, UsageReport } from "./usage.ts";
import { openUsage } from "./usage-source.ts";
import type { UsageSettings } from "./usage-settings.ts";

/** Whoever asks first waits so long for the figures of the month. */
const PATIENCE_MS = 100;
/** Figures are computed when an interval is settled; where none is any more, after this. */
const UNSETTLED_MS = 2 * BILLING_INTERVAL_MS;
/** An interface that settled nothing for so long is none that settles. */
const SETTLING_MS = 3_600_000;

export class UsageDesk {
  readonly #clock: Clock;
  #settings: UsageSettings;
  #day = new Day();
  #state: (DayState & { readonly key: string }) | null = null;
  #figures: MonthFigures | null = null;
  /** What the newest figures were made of, or are being made of. */
  #figuresKey: string | null = null;
  #computedMs = 0;
  #computing: Promise<void> | null = null;
  #failure: unknown = null;

  constructor(settings: UsageSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
  }

  /** The figures that there are stay until those by the changed settings are computed. */
  reconfigure(settings: UsageSettings): void {
    this.#settings = settings;
    this.#day = new Day();
    this.#state = null;
    this.#figuresKey = null;
  }

  /** `windows` tells which windows are committed: what was read since they were is still so. Rejects with LedgerError. */
  async report(windows: string): Promise<UsageReport> {
    const state = this.#read(windows);
    this.#computeFigures(state);
    if (this.#figures === null) await Promise.race([this.#computing, sleep(PATIENCE_MS)]);
    if (this.#failure !== null) {
      const failure = this.#failure;
      this.#failure = null;
      throw failure;
    }
    return reportOf(state, this.#figures, this.#settings);
  }

  /** The counters of all addresses in the Prometheus text format. Rejects with LedgerError. */
  async addressMetrics(): Promise<AddressMetrics> {
    const { stateDir, externalLabels } = this.#settings;
    using ledger = openSnapshot(stateDir);
    try {
      return await addressMetrics(ledger.database, { externalLabels, pause: turn });
    } catch (error) {
      throw readFault(ledger.file, error);
    }
  }

  /** Reads the ledger as it is at this moment. Throws LedgerError. */
  snapshot<T>(read: (database: Database) => T): T {
    using ledger = openSnapshot(this.#settings.stateDir);
    try {
      return read(ledger.database);
    } catch (error) {
      throw readFault(ledger.file, error);
    }
  }

  /** The month of a network so far, as the figures have it; null while there are none. */
  async networkBill(name: string): Promise<ShownBill | null> {
    const contract = this.#figures?.networks.get(name)?.contract;
    return contract === undefined ? null : ((await this.#shown([contract]))[0] ?? null);
  }

  /** The bills of a customer in the month so far; null for one that has no contract, not even by the defaults. */
  async customerBills(customer: string): Promise<readonly ShownBill[] | null> {
    const contracts = await this.#contractsOf(customer);
    return contracts.length === 0 ? null : this.#shown(contracts);
  }

  #read(windows: string): DayState {
    const nowMs = this.#clock.now();
    const key = `${floorTo(nowMs, BILLING_INTERVAL_MS)} ${windows}`;
    if (this.#state?.key !== key)
      this.#state = { ...this.snapshot((database) => this.#day.read(database, this.#settings, nowMs)), key };
    return this.#state;
  }

  #computeFigures({ interfaces, networks, running }: DayState): void {
    const nowMs = this.#clock.now();
    const settled = interfaces.map(({ settledMs }) => settledMs ?? 0).filter((ms) => ms > nowMs - SETTLING_MS);
    const key = settled.join(" ");
    const isDue = key !== this.#figuresKey || nowMs - this.#computedMs >= UNSETTLED_MS;
    if (this.#computing !== null || !isDue) return;
    this.#figuresKey = key;
    this.#computedMs = nowMs;
    const labels = new Map(networks.map((network) => [network.name, network.labels]));
    const names = new Set([...this.#settings.networks.map(({ name }) => name), ...running.keys()]);
    const wanted = [...names].map((name) => ({ name, labels: labels.get(name) ?? {} }));
    this.#computing = this.#compute(wanted, nowMs);
  }

  async #compute(
    networks: readonly { readonly name: string; readonly labels: Labels }[],
    nowMs: number,
  ): Promise<void> {
    const settings = this.#settings;
    try {
      this.#figures = await monthFigures({ settings, networks, nowMs, open: openUsage, pause: turn });
    } catch (error) {
      this.#failure = error;
      this.#figuresKey = null;
    } finally {
      this.#computing = null;
    }
  }

  async #contractsOf(customer: string): Promise<readonly Contract[]> {
    const nowMs = this.#figures?.asOfMs ?? this.#clock.now();
    using source = openUsage(this.#settings, nowMs);
    const { contracts } = await contractsOf(source, { ...this.#settings, month: null, nowMs });
    return contracts.filter((contract) => contract.customer === customer);
  }

  async #shown(contracts: readonly Contract[]): Promise<readonly ShownBill[]> {
    const nowMs = this.#figures?.asOfMs ?? this.#clock.now();
    using source = openUsage(this.#settings, nowMs);
    const shown: ShownBill[] = [];
    for await (const { bill, grid } of bills(source, contracts, { month: null, nowMs })) shown.push({ bill, grid });
    return shown;
  }
}

function reportOf(state: DayState, figures: MonthFigures | null, settings: UsageSettings): UsageReport {
  const labels = new Map(settings.networks.map((network) => [network.name, network.labels]));
  for (const network of state.networks) labels.set(network.name, network.labels);
  const names = new Set([
    ...settings.networks.map(({ name }) => name),
    ...state.running.keys(),
    ...(figures?.networks.keys() ?? []),
  ]);
  const networks = [...names].map((name): NetworkUsage => {
    const { bytesIn = 0, bytesOut = 0 } = state.running.get(name) ?? {};
    const month = figures?.networks.get(name)?.month ?? null;
    return { name, labels: labels.get(name) ?? {}, interval_bytes_in: bytesIn, interval_bytes_out: bytesOut, month };
  });
  return {
    as_of: new Date(state.readMs).toISOString(),
    interval_start: new Date(state.runningMs).toISOString(),
    figures_as_of: figures === null ? null : new Date(figures.asOfMs).toISOString(),
    networks: networks.sort(byInterval),
    bills: figures?.bills ?? [],
    day: state.day,
  };
}

function byInterval(a: NetworkUsage, b: NetworkUsage): number {
  const busier = b.interval_bytes_in + b.interval_bytes_out - a.interval_bytes_in - a.interval_bytes_out;
  return busier || (a.name < b.name ? -1 : Number(a.name > b.name));
}
