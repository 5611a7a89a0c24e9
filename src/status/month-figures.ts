// The figures of the months that run: a bill of each contract, and each network by its contract's rules. Computed a
// contract at a time; whoever waits meanwhile has a turn after each.

import { computeBill } from "../billing/compute-bill.ts";
import type { UsageSource } from "../billing/interval-series.ts";
import { type BillEntry, bills, contractsOf } from "../billing/report.ts";
import type { Contract } from "../model/contract.ts";
import type { Labels } from "../model/network.ts";
import { billToDate, networkMonth } from "./bill-to-date.ts";
import { contractOf, mayBeAbout, ofNetwork } from "./network-contract.ts";
import type { BillToDate, NetworkMonth } from "./usage.ts";
import type { UsageSettings } from "./usage-settings.ts";

export interface NetworkFigures {
  readonly month: NetworkMonth;
  /** What the month is told by; of this network alone. */
  readonly contract: Contract;
}

export interface MonthFigures {
  readonly asOfMs: number;
  readonly bills: readonly BillToDate[];
  readonly networks: ReadonlyMap<string, NetworkFigures>;
}

export interface FiguresRequest {
  readonly settings: UsageSettings;
  /** Those to have figures of, besides all that are on a bill. */
  readonly networks: readonly { readonly name: string; readonly labels: Labels }[];
  readonly nowMs: number;
  readonly open: (settings: UsageSettings, nowMs: number) => UsageSource & Disposable;
  /** Lets others work; called between two contracts. */
  readonly pause: () => Promise<void>;
}

/** A snapshot that is older is given up for a new one. */
const SNAPSHOT_MS = 2_000;

/** Rejects with LedgerError where the ledger cannot be read. */
export async function monthFigures(request: FiguresRequest): Promise<MonthFigures> {
  const { settings, nowMs } = request;
  const networks = new Map<string, NetworkFigures>();
  const labelsNow = new Map(request.networks.map((one) => [one.name, labelsOf(settings, one.labels)]));
  /** Told by the contract of whose they were earlier in the month. */
  const past = new Set<string>();
  const all: BillToDate[] = [];
  using snapshots = new Snapshots(request);
  const { contracts } = await contractsOf(snapshots.current(), { ...settings, month: null, nowMs });
  for (const contract of contracts) {
    for await (const entry of bills(snapshots.current(), [contract], { month: null, nowMs })) {
      const names = [...new Set(entry.usage.series.map(({ network }) => network))];
      all.push(billToDate(entry.bill, names));
      for (const name of names) {
        if (networks.has(name) && !past.has(name)) continue;
        const labels = labelsNow.get(name);
        const isPast = labels !== undefined && !mayBeAbout(contract, { name, labels });
        if (isPast && past.has(name)) continue;
        networks.set(name, partOf(entry, name, names.length === 1));
        if (isPast) past.add(name);
        else past.delete(name);
        await request.pause();
      }
    }
    await request.pause();
  }
  for (const network of request.networks) {
    if (networks.has(network.name)) continue;
    const labels = labelsOf(settings, network.labels);
    const contract = contractOf({ name: network.name, labels }, settings, nowMs);
    for await (const { bill } of bills(snapshots.current(), [contract], { month: null, nowMs }))
      networks.set(network.name, { month: networkMonth(bill), contract });
    await request.pause();
  }
  return { asOfMs: nowMs, bills: all, networks };
}

function labelsOf({ externalLabels, instance }: UsageSettings, labels: Labels): Labels {
  return { ...externalLabels, job: "acct-agent", instance, ...labels };
}

/** Of a bill's networks one; where it is the only one, the bill's own contract stays whole. */
function partOf({ bill, usage, period }: BillEntry, network: string, isOnly: boolean): NetworkFigures {
  if (isOnly)
    return {
      month: networkMonth(bill),
      contract: { ...bill.contract, selector: { ...bill.contract.selector, network } },
    };
  const contract = ofNetwork(bill.contract, network);
  const series = usage.series.filter((one) => one.network === network);
  const part = computeBill({ contract, period, usage: { series, completeness: null } });
  return { month: networkMonth(part.bill), contract };
}

/** The ledger, opened anew now and then: long snapshots keep its journal from ending. */
class Snapshots implements Disposable {
  readonly #request: FiguresRequest;
  #open: (UsageSource & Disposable) | null = null;
  #sinceMs = 0;

  constructor(request: FiguresRequest) {
    this.#request = request;
  }

  current(): UsageSource {
    const isOld = performance.now() - this.#sinceMs > SNAPSHOT_MS;
    if (this.#open !== null && !isOld) return this.#open;
    this[Symbol.dispose]();
    this.#sinceMs = performance.now();
    this.#open = this.#request.open(this.#request.settings, this.#request.nowMs);
    return this.#open;
  }

  [Symbol.dispose](): void {
    this.#open?.[Symbol.dispose]();
    this.#open = null;
  }
}
