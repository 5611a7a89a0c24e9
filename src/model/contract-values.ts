// How the values of a contract are written: decimal text in, base units out. Shared by the configuration and by bills, which
// state their contract in the same words.

import { formatDecimal, parseDecimal } from "../lib/decimal.ts";

const MBPS_SCALE = 6;
/** Digits after the point that a price may have. */
export const PRICE_SCALE = 9;

/** Bits per second of a decimal number of Mbps (10^6), exact to the bit; null for anything else. */
export function parseMbps(text: string): number | null {
  const mbps = parseDecimal(text, MBPS_SCALE);
  if (mbps === null) return null;
  const bps = Number(mbps.units) * 10 ** (MBPS_SCALE - mbps.scale);
  return Number.isSafeInteger(bps) ? bps : null;
}

/** The shortest decimal number of Mbps. */
export function formatMbps(bps: number): string {
  return formatDecimal({ units: BigInt(bps), scale: MBPS_SCALE });
}

/** Per mille of a percentile above 0 and up to 100 with one digit after the point at most; null for anything else. */
export function parsePercentile(text: string): number | null {
  const percent = parseDecimal(text, 1);
  if (percent === null) return null;
  const perMille = Number(percent.units) * 10 ** (1 - percent.scale);
  return perMille > 0 && perMille <= 1000 ? perMille : null;
}

/** Whether an amount of money is written as contracts do: "2.5", not negative. */
export function isPrice(text: string): boolean {
  return parseDecimal(text, PRICE_SCALE) !== null;
}

/** Whether the runtime knows an ISO 4217 code, in capitals. */
export function isCurrency(code: string): boolean {
  return Intl.supportedValuesOf("currency").includes(code);
}

/** Whether the runtime knows an IANA time zone; offsets such as `+01:00` are none. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name }).format(0);
    return /^[A-Za-z]/.test(name);
  } catch {
    // A RangeError is the documented answer for an unknown zone.
    return false;
  }
}

/** Whether `YYYY-MM-DD` is a day of the calendar. */
export function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const timeMs = Date.parse(text);
  return !Number.isNaN(timeMs) && new Date(timeMs).toISOString().startsWith(text);
}
