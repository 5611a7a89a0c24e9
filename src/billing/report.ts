// From contracts and a source of usage to bills, one after another: one contract's intervals are in memory at a time.

import type { ByteLayer } from "../model/byte-layer.ts";
import { Calendar } from "../model/calendar.ts";
import type { Contract } from "../model/contract.ts";
import type { Labels } from "../model/network.ts";
import { BILLING_INTERVAL_MS, floorTo } from "../model/time.ts";
import type { Bill } from "./bill.ts";
import { type BillMonth, type BillPeriod, billPeriod, monthAt, usageSelection } from "./bill-period.ts";
import { computeBill } from "./compute-bill.ts";
import { withDefaultContracts } from "./default-contracts.ts";
import type { KnownNetwork, Usage, UsageSource } from "./interval-series.ts";
import type { MonthGrid } from "./month-grid.ts";
import { unbilledNetworks } from "./unbilled-networks.ts";

/** A bill and what it was made of. */
export interface BillEntry {
  readonly bill: Bill;
  readonly grid: MonthGrid;
  readonly usage: Usage;
  readonly period: BillPeriod;
}

export interface BillRequest extends BillMonth {
  /** As configured. */
  readonly contracts: readonly Contract[];
  /** Of the account, for customers without a contract. */
  readonly byteLayer: ByteLayer;
  readonly externalLabels: Labels;
}

export interface BilledContracts {
  readonly contracts: readonly Contract[];
  /** Networks that had traffic and that no contract of the month is about. */
  readonly unbilled: readonly KnownNetwork[];
}

/** The contracts of a month: those that are configured, and one by the defaults for everyone else who had traffic. */
export async function contractsOf(source: UsageSource, request: BillRequest): Promise<BilledContracts> {
  const { contracts, byteLayer, nowMs } = request;
  const month = request.month ?? monthAt("UTC", nowMs);
  // The defaults bill months of UTC.
  const { startMs, endMs } = new Calendar("UTC").month(month.replace("-", ""));
  const toDateMs = Math.min(endMs, floorTo(nowMs, BILLING_INTERVAL_MS));
  const networks = toDateMs > startMs ? await source.networks(startMs, toDateMs) : [];
  const all = withDefaultContracts(contracts, networks, byteLayer);
  return { contracts: all, unbilled: unbilledNetworks(all, networks, request) };
}

/** The bills of those contracts that cover the month; they are provisional. Rejects where the source cannot tell. */
export async function* bills(
  source: UsageSource,
  contracts: readonly Contract[],
  { month, nowMs }: BillMonth,
): AsyncGenerator<BillEntry> {
  for (const contract of contracts) {
    const period = billPeriod(contract, month ?? monthAt(contract.timeZone, nowMs), nowMs);
    if (period === null) continue;
    const usage = await source.usage(usageSelection(contract, period));
    const { bill, grid } = computeBill({ contract, period, usage });
    yield { bill, grid, usage, period };
  }
}

/** Why no bill came of contracts, in one line. */
export function whyNoBill(contracts: readonly Contract[], { month, nowMs }: BillMonth): string {
  const asked = month ?? "the current month";
  if (contracts.length === 0)
    return `no bill for ${asked}: there is no contract, and no network had an interval in it${FIRST}`;
  if (month !== null && contracts.every(({ timeZone }) => month > monthAt(timeZone, nowMs)))
    return `no bill for ${asked}: it has not begun`;
  const terms = contracts.map(({ starts, ends }) => `${starts ?? "ever"} to ${ends ?? "open end"}`);
  const shown = [...new Set(terms)].slice(0, TERMS_SHOWN).join(", ");
  return `no bill for ${asked}: no contract covers it so far (${shown}); name another with --month YYYY-MM`;
}

const TERMS_SHOWN = 3;
const FIRST = "; an interval is there when its 300 s are over";
