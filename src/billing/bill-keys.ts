// What the stored bills of a month are told apart by.

import type { Contract } from "../model/contract.ts";
import { billPeriod } from "./bill-period.ts";
import type { BillKey } from "./finalize.ts";

/** The key of each contract that covers a month. Contracts of one customer and name are numbered by their start. */
export function billKeys(contracts: readonly Contract[], month: string): ReadonlyMap<Contract, BillKey> {
  const keys = new Map<Contract, BillKey>();
  const parts = new Map<string, number>();
  for (const contract of contracts.filter((one) => coversMonth(one, month)).toSorted(byStart)) {
    const { customer, name } = contract;
    const id = JSON.stringify([customer, name]);
    const part = (parts.get(id) ?? 0) + 1;
    parts.set(id, part);
    keys.set(contract, { customer, name, period: month, part });
  }
  return keys;
}

function coversMonth(contract: Contract, month: string): boolean {
  return billPeriod(contract, month, Number.POSITIVE_INFINITY) !== null;
}

/** Contracts of one customer and name do not overlap; only what nobody wrote a contract for has no start at all. */
function byStart(a: Contract, b: Contract): number {
  const [first, second] = [a, b].map(({ starts, selector }) => `${starts ?? ""} ${JSON.stringify(selector)}`);
  return (first ?? "") < (second ?? "") ? -1 : Number((first ?? "") > (second ?? ""));
}
