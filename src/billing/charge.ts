// What a rate costs under a contract: its pricing, the base fee, and the part of the month under `prorate`.

import { type Decimal, parseDecimal } from "../lib/decimal.ts";
import {
  add,
  excess,
  type Fraction,
  greater,
  isLess,
  lesser,
  multiply,
  ofDecimal,
  whole,
  ZERO,
} from "../lib/fraction.ts";
import type { Contract, Pricing, Tier } from "../model/contract.ts";
import { PRICE_SCALE } from "../model/contract-values.ts";
import type { BillPeriod } from "./bill-period.ts";
import type { Charge } from "./bill.ts";
import { moneyText } from "./money.ts";

const MBPS = { num: 1n, den: 1_000_000n };

/** The charge for the billable `rate`, bits a second after rounding, or for the commit where that is more; null without a price. */
export function chargeOf(
  contract: Contract,
  rate: Fraction,
  { daysCovered, daysInMonth }: Pick<BillPeriod, "daysCovered" | "daysInMonth">,
): Charge | null {
  if (contract.price === null) return null;
  const { pricing, currency } = contract.price;
  const month = add(rateCost(pricing, greater(rate, whole(contract.commitBps ?? 0))), moneyOf(pricing.baseFee));
  const part = contract.partialMonths === "prorate" ? { num: BigInt(daysCovered), den: BigInt(daysInMonth) } : whole(1);
  return { currency, amount: moneyText(multiply(month, part), currency) };
}

function rateCost(pricing: Pricing, rate: Fraction): Fraction {
  switch (pricing.kind) {
    case "flat":
      return cost(rate, pricing.pricePerMbps);
    case "blended":
      return blendedCost(rate, pricing.tiers);
    case "volume":
      return volumeCost(rate, pricing.tiers);
  }
}

/** Each tier's price for the part of the rate between it and the next. */
function blendedCost(rate: Fraction, tiers: readonly Tier[]): Fraction {
  return tiers.reduce((sum, tier, index) => {
    const next = tiers[index + 1];
    const upTo = next === undefined ? rate : lesser(rate, whole(next.aboveBps));
    return add(sum, cost(excess(upTo, whole(tier.aboveBps)), tier.pricePerMbps));
  }, ZERO);
}

/** The price of the highest tier whose bound the rate exceeds, for all of it. */
function volumeCost(rate: Fraction, tiers: readonly Tier[]): Fraction {
  const reached = tiers.findLast((tier) => isLess(whole(tier.aboveBps), rate));
  return reached === undefined ? ZERO : cost(rate, reached.pricePerMbps);
}

function cost(rate: Fraction, pricePerMbps: string): Fraction {
  return multiply(multiply(rate, MBPS), moneyOf(pricePerMbps));
}

function moneyOf(text: string): Fraction {
  const decimal: Decimal | null = parseDecimal(text, PRICE_SCALE);
  if (decimal === null) throw new TypeError(`billing: ${JSON.stringify(text)} is no price`);
  return ofDecimal(decimal);
}
