// The contracts of a month as the commands take them from the configuration, and what is on none of their bills.

import { contractsOf } from "../billing/report.ts";
import type { BillMonth } from "../billing/bill-period.ts";
import type { KnownNetwork, UsageSource } from "../billing/interval-series.ts";
import type { Config } from "../config/config.ts";
import { harmless } from "../lib/harmless-text.ts";
import type { Contract } from "../model/contract.ts";
import { complain } from "./command.ts";

/** The configured contracts and those by the defaults; says of each network with traffic that it is on no bill. */
export async function billedContracts(
  config: Config,
  source: UsageSource,
  month: BillMonth,
): Promise<readonly Contract[]> {
  const { contracts: configured, account, agent } = config;
  const { byteLayer } = account;
  const { externalLabels } = agent;
  const request = { ...month, contracts: configured, byteLayer, externalLabels };
  const { contracts, unbilled } = await contractsOf(source, request);
  for (const network of unbilled) complain(unbilledLine(network, month));
  return contracts;
}

function unbilledLine({ name, labels }: KnownNetwork, { month }: BillMonth): string {
  const customer = JSON.stringify(harmless(labels["customer"] ?? ""));
  const why = `no contract of customer ${customer} covers it then and has its labels`;
  return `network ${JSON.stringify(harmless(name))}: is on no bill of ${month ?? "this month"}: ${why}; add one, or correct one`;
}
