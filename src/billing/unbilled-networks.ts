// Networks that no bill is about: their customer has contracts, but none that selects them in that month. A bill that
// leaves bytes out says so.

import type { Contract } from "../model/contract.ts";
import type { Labels } from "../model/network.ts";
import { type BillMonth, billPeriod, monthAt } from "./bill-period.ts";
import type { KnownNetwork } from "./interval-series.ts";

/** Labels that a series has beside its network's, and that a contract may select by: those of the agent are not known here. */
const OF_AGENT: ReadonlySet<string> = new Set(["instance", "interface", "job"]);

/** Of `networks`, those that no contract of the month selects, by name. `externalLabels` are on all of their series. */
export function unbilledNetworks(
  contracts: readonly Contract[],
  networks: readonly KnownNetwork[],
  { month, nowMs, externalLabels }: BillMonth & { readonly externalLabels: Labels },
): readonly KnownNetwork[] {
  const inForce = contracts.filter(
    (contract) => billPeriod(contract, month ?? monthAt(contract.timeZone, nowMs), nowMs) !== null,
  );
  const isBilled = ({ name, labels }: KnownNetwork): boolean => {
    const all = { ...externalLabels, ...labels, network: name };
    return inForce.some(({ selector }) => isSelected(all, selector));
  };
  return networks.filter((network) => !isBilled(network));
}

function isSelected(labels: Labels, selector: Labels): boolean {
  return Object.entries(selector).every(([name, value]) => OF_AGENT.has(name) || (labels[name] ?? "") === value);
}
