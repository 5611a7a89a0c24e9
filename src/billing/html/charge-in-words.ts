// How the billed rate becomes an amount of money, in sentences.

import type { Pricing } from "../../model/contract.ts";
import type { Bill } from "../bill.ts";
import { mbps, shortMbps } from "./numbers.ts";

/** No steps where the contract has neither a commit nor a price. */
export function chargeSteps(bill: Bill): readonly string[] {
  return [commitStep(bill), priceStep(bill)].filter((step) => step !== null);
}

function commitStep({ commitBps, overageBps, contract }: Bill): string | null {
  if (commitBps === null) return null;
  const least = contract.price === null ? "" : ", the least that is charged";
  return `The commit is ${shortMbps(commitBps)} Mbps${least}; what exceeds it is ${mbps(overageBps ?? 0)} Mbps.`;
}

function priceStep({ contract, charge, billableBps, commitBps }: Bill): string | null {
  if (contract.price === null || charge === null) return null;
  const { pricing, currency } = contract.price;
  const charged = `${mbps(Math.max(billableBps, commitBps ?? 0))} Mbps`;
  const fee = isZero(pricing.baseFee) ? "" : `, and a base fee of ${pricing.baseFee} ${currency}`;
  const part =
    contract.partialMonths === "prorate" ? ", for the part of the month's days that the contract covers" : "";
  return `Charged are ${charged} at ${priceText(pricing, currency)}${fee}${part}: ${charge.amount} ${charge.currency}, from the exact rate and rounded once, at the end, half up.`;
}

function priceText(pricing: Pricing, currency: string): string {
  if (pricing.kind === "flat") return `${pricing.pricePerMbps} ${currency} per Mbps`;
  const tiers = pricing.tiers.map(({ aboveBps, pricePerMbps }) => {
    return `${pricePerMbps} ${currency} per Mbps above ${shortMbps(aboveBps)} Mbps`;
  });
  const way =
    pricing.kind === "blended" ? "each tier's price for the part in it" : "the price of the tier reached for all of it";
  return `tiers (${way}: ${tiers.join("; ")})`;
}

function isZero(decimal: string): boolean {
  return /^0*\.?0*$/.test(decimal);
}
