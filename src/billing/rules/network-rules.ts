// Recording rules of networks: each network on all of its agents and interfaces, by the rule of the contract that is about it.

import type { ByteLayer } from "../../model/byte-layer.ts";
import type { Contract } from "../../model/contract.ts";
import type { KnownNetwork } from "../interval-series.ts";
import { withDefaultContracts } from "../default-contracts.ts";
import { bps } from "./billable-expression.ts";
import { coverage } from "./coverage-expression.ts";
import { monthExpressions, type MonthName } from "./month.ts";
import { percentileBytes } from "./percentile-expression.ts";
import type { RecordingRule } from "./rule-file.ts";
import { networkScope } from "./scope.ts";

export interface NetworkRule {
  readonly network: string;
  readonly contract: Contract;
}

/**
 * The contract by which each network is recorded: of those that select it the one that covers `nowMs`, else the first; where
 * none does, one of its customer, in whose zone it is pushed; else the defaults.
 */
export function networkContracts(
  contracts: readonly Contract[],
  networks: readonly KnownNetwork[],
  { nowMs, byteLayer }: { nowMs: number; byteLayer: ByteLayer },
): NetworkRule[] {
  return networks.flatMap((network) => {
    const selecting = contracts.filter((contract) => isSelected(contract, network));
    const candidates = [...selecting.filter((contract) => covers(contract, nowMs)), ...selecting];
    const ofCustomer = contracts.filter(({ customer }) => customer === network.labels["customer"]);
    const [contract] = [...candidates, ...ofCustomer, ...withDefaultContracts([], [network], byteLayer)];
    return contract === undefined ? [] : [{ network: network.name, contract }];
  });
}

/** The rules of one month. */
export function networkRules({ network, contract }: NetworkRule, name: MonthName, nowMs: number): RecordingRule[] {
  const scope = networkScope(network, contract);
  const month = monthExpressions(contract.timeZone, name, nowMs);
  const labels = { network };
  return [
    { record: `acct:network_bps:p95_${name}`, expr: bps(percentileBytes(scope, month, "each")), labels },
    { record: `acct:network_coverage:${name}`, expr: coverage(scope, month), labels },
  ];
}

function isSelected({ selector }: Contract, { name, labels }: KnownNetwork): boolean {
  return Object.entries(selector).every(([label, value]) => (label === "network" ? name : labels[label]) === value);
}

/** By UTC's date: near enough for which rule a network is recorded by. */
function covers({ starts, ends }: Contract, nowMs: number): boolean {
  const today = new Date(nowMs).toISOString().slice(0, 10);
  return (starts === null || starts <= today) && (ends === null || ends >= today);
}
