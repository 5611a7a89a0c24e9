// Which contract a network's month is told by.

import { billPeriod, monthAt } from "../billing/bill-period.ts";
import { withDefaultContracts } from "../billing/default-contracts.ts";
import type { ByteLayer } from "../model/byte-layer.ts";
import type { Contract } from "../model/contract.ts";
import type { Labels } from "../model/network.ts";

interface NamedNetwork {
  readonly name: string;
  /** External labels and those of the agent among them. */
  readonly labels: Labels;
}

/** The first of `contracts` that is in force and may be about the network; by the defaults where none is. */
export function contractOf(
  { name, labels }: NamedNetwork,
  { contracts, byteLayer }: { readonly contracts: readonly Contract[]; readonly byteLayer: ByteLayer },
  nowMs: number,
): Contract {
  const found = contracts.find((one) => mayBeAbout(one, { name, labels }) && isInForce(one, nowMs));
  if (found !== undefined) return ofNetwork(found, name);
  const [byDefault] = withDefaultContracts([], [{ name, labels: {} }], byteLayer);
  if (byDefault === undefined) throw new Error("status: a network has no contract, not even by the defaults");
  return byDefault;
}

/** Whether the network, with these labels, is one of the contract's, on whatever interface. */
export function mayBeAbout({ selector }: Contract, { name, labels }: NamedNetwork): boolean {
  const all: Labels = { ...labels, network: name };
  return Object.entries(selector).every(([label, value]) => label === "interface" || (all[label] ?? "") === value);
}

/** The contract for one of its networks alone. What it says of money and commit is of all of them. */
export function ofNetwork(contract: Contract, network: string): Contract {
  const selector = { ...contract.selector, network };
  return { ...contract, selector, commitBps: null, rounding: null, price: null };
}

function isInForce(contract: Contract, nowMs: number): boolean {
  return billPeriod(contract, monthAt(contract.timeZone, nowMs), nowMs) !== null;
}
