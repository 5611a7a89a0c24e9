// Rates and parts as an instrument shows them: short, of one unit, and never zero for what is not.

const hundredths = new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const LEAST_BPS = 10_000;

/** What stands where there is no figure. */
export const NONE = "–";

/** `427.07`: 10^6 bits a second; `<0.01` for what is less. */
export function rate(bps: number): string {
  return bps > 0 && bps < LEAST_BPS ? "<0.01" : hundredths.format(bps / 1e6);
}

/** The same, or a dash. */
export function rateOrNone(bps: number | null | undefined): string {
  return bps === null || bps === undefined ? NONE : rate(bps);
}
