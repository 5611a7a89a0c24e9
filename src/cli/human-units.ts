// Rates, bytes and times as a person reads them. A value that is not there, as with an older agent, is a dash.

const BYTE_UNITS = ["B", "kB", "MB", "GB", "TB"] as const;
const MBPS = 1e6;
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const NONE = "-";

/** Bits a second as `12.345 Mbps`, Mbps being 10^6. */
export function mbpsText(bps: number | null | undefined): string {
  return isNumber(bps) ? `${(bps / MBPS).toFixed(3)} Mbps` : NONE;
}

/** Decimal units, B to TB: `999 B`, `1.204 kB`. */
export function bytesText(bytes: number | null | undefined): string {
  if (!isNumber(bytes)) return NONE;
  const wanted = Math.floor(Math.log10(Math.max(1, Math.abs(bytes))) / 3);
  const power = Math.min(wanted, BYTE_UNITS.length - 1);
  return power === 0 ? `${bytes} B` : `${(bytes / 1000 ** power).toFixed(3)} ${BYTE_UNITS[power]}`;
}

/** A ratio as `99.95 %`. Rounded down: what is not whole does not look whole. */
export function percentText(ratio: number | null | undefined): string {
  return isNumber(ratio) ? `${(Math.floor(ratio * 10_000 + 1e-6) / 100).toFixed(2)} %` : NONE;
}

export function countText(count: number | null | undefined): string {
  return isNumber(count) ? String(count) : NONE;
}

/** `45 s`, `3 min 20 s`, `2 h 5 min`, `4 d 1 h`. */
export function timeLeftText(seconds: number | null): string {
  if (seconds === null || !Number.isFinite(seconds)) return NONE;
  const whole = Math.ceil(seconds);
  if (whole < MINUTE) return `${whole} s`;
  if (whole < HOUR) return `${Math.floor(whole / MINUTE)} min ${whole % MINUTE} s`;
  if (whole < DAY) return `${Math.floor(whole / HOUR)} h ${Math.floor((whole % HOUR) / MINUTE)} min`;
  return `${Math.floor(whole / DAY)} d ${Math.floor((whole % DAY) / HOUR)} h`;
}

function isNumber(value: number | null | undefined): value is number {
  return typeof value === "number" && Number.isFinite(value);
}
