// Networks and bills to date as tables: what passes now, in this interval and in this month, and what comes of it.

import { harmless } from "../lib/harmless-text.ts";
import type { NetworkRate } from "../status/status.ts";
import type { BillToDate, NetworkUsage, UsageReport } from "../status/usage.ts";
import type { Answered } from "./agent-socket.ts";
import { bytesText, countText, mbpsText, NONE } from "./human-units.ts";
import { renderTable } from "./table.ts";

type Rate = Answered<NetworkRate>;

const MOST_ROWS = 30;
const RATES = ["IN", "OUT"];
const MONTH = ["INTERVAL IN", "INTERVAL OUT", "MONTH IN", "MONTH OUT", "P95 IN", "P95 OUT"];
const BILL = ["P95 IN", "P95 OUT", "BILLABLE", "COMMIT", "OVERAGE", "ABOVE COMMIT", "BURST LEFT", "CHARGE"];

/** The busiest networks and the bills; without `usage` the rates alone. */
export function usageTables(usage: Answered<UsageReport> | null, rates: readonly Rate[]): readonly string[] {
  if (usage === null) return [rateTable(rates)];
  return [networkTable(usage.networks ?? [], rates), billTable(usage)];
}

function rateTable(rates: readonly Rate[]): string {
  const rows = rates.map((row) => [text(row.name), mbpsText(row.in_bps), mbpsText(row.out_bps)]);
  return withMore(renderTable(["NETWORK", ...RATES], rows.slice(0, MOST_ROWS), RATES), rows.length);
}

function networkTable(networks: readonly Answered<NetworkUsage>[], rates: readonly Rate[]): string {
  const rateOf = new Map(rates.map((rate) => [rate.name, rate]));
  const rows = networks.slice(0, MOST_ROWS).map((row) => {
    const rate = rateOf.get(row.name);
    return [
      text(row.name),
      mbpsText(rate?.in_bps),
      mbpsText(rate?.out_bps),
      bytesText(row.interval_bytes_in),
      bytesText(row.interval_bytes_out),
      bytesText(row.month?.bytes_in),
      bytesText(row.month?.bytes_out),
      mbpsText(row.month?.p95_in_bps),
      mbpsText(row.month?.p95_out_bps),
    ];
  });
  const right = [...RATES, ...MONTH];
  return withMore(renderTable(["NETWORK", ...right], rows, right), networks.length);
}

function billTable({ bills = [], figures_as_of: asOf }: Answered<UsageReport>): string {
  if (asOf === null) return bills.length === 0 ? "bills: the figures of this month are being computed" : "";
  const rows = bills
    .slice(0, MOST_ROWS)
    .map((row) => [
      `${text(row.customer)}${row.name === null || row.name === undefined ? "" : ` (${text(row.name)})`}`,
      text(row.period),
      mbpsText(row.p95_in_bps),
      mbpsText(row.p95_out_bps),
      mbpsText(row.billable_bps),
      mbpsText(row.commit_bps),
      mbpsText(row.overage_bps),
      countText(row.intervals_above_commit),
      burstText(row),
      row.charge === null || row.charge === undefined ? NONE : text(`${row.charge.amount} ${row.charge.currency}`),
    ]);
  return withMore(renderTable(["CUSTOMER", "PERIOD", ...BILL], rows, BILL), bills.length);
}

/** Intervals that may still exceed the commit, of those that may in the whole month. */
function burstText({ burst_intervals_left: left, burst_intervals: all }: Answered<BillToDate>): string {
  return countText(left) === NONE ? NONE : `${countText(left)} of ${countText(all)}`;
}

function withMore(table: string, all: number): string {
  return all > MOST_ROWS ? `${table}\nand ${all - MOST_ROWS} more; --json has all of them` : table;
}

function text(value: string | null | undefined): string {
  return value === null || value === undefined ? NONE : harmless(value);
}
