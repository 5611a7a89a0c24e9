// Amounts of money: exact until the one rounding at the end.

import { formatFixed } from "../lib/decimal.ts";
import { type Fraction, multiply, round, whole } from "../lib/fraction.ts";

/** Digits after the point of a currency: EUR 2, JPY 0, KWD 3. Throws RangeError for what is no currency code. */
export function currencyDigits(currency: string): number {
  const { maximumFractionDigits } = new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions();
  return maximumFractionDigits ?? 2;
}

/** Decimal text with the currency's digits, the half rounded up: "1500.00" EUR, "1500" JPY. */
export function moneyText(amount: Fraction, currency: string): string {
  const scale = currencyDigits(currency);
  return formatFixed({ units: round(multiply(amount, whole(10n ** BigInt(scale))), "nearest"), scale });
}
