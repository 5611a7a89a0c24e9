// Decimal numbers without rounding: digits as an integer, and how many of them stand behind the point.

/** `units` / 10^`scale`. */
export interface Decimal {
  readonly units: bigint;
  readonly scale: number;
}

/** Reads `12`, `12.5` or `0.000001` with at most `maxScale` digits after the point; null for anything else. */
export function parseDecimal(text: string, maxScale: number): Decimal | null {
  const [, whole, fraction = ""] = /^(\d{1,20})(?:\.(\d+))?$/.exec(text) ?? [];
  if (whole === undefined || fraction.length > maxScale) return null;
  return { units: BigInt(whole + fraction), scale: fraction.length };
}

/** The shortest text, without zeros at the end: `12.5`. */
export function formatDecimal(decimal: Decimal): string {
  return formatFixed(decimal).replace(/\.?0+$/, (end) => (decimal.scale > 0 ? "" : end));
}

/** With all of its digits after the point: `12.50`. */
export function formatFixed({ units, scale }: Decimal): string {
  const digits = String(units).padStart(scale + 1, "0");
  return scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}
