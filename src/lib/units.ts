// Durations and byte sizes as people write them: one whole number and one unit. Formatting is exact: parsing what
// was formatted gives the same number.

const DURATION_UNITS = { w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** Largest first; binary before decimal, so that 2^30 reads as 1GiB. */
const BYTE_UNITS = {
  TiB: 2 ** 40,
  TB: 1e12,
  GiB: 2 ** 30,
  GB: 1e9,
  MiB: 2 ** 20,
  MB: 1e6,
  KiB: 1024,
  KB: 1000,
  B: 1,
};

/** Milliseconds of `500ms`, `5s`, `1m`, `1h`, `100d` or `2w`; null for anything else. */
export function parseDuration(text: string): number | null {
  return parseQuantity(text, DURATION_UNITS);
}

/** Bytes of `512KiB`, `64MiB`, `2GiB`, `1GB` or `100B`; null for anything else. Units are case-sensitive. */
export function parseBytes(text: string): number | null {
  return parseQuantity(text, BYTE_UNITS);
}

/** Milliseconds in the largest unit that leaves a whole number. */
export function formatDuration(durationMs: number): string {
  return formatQuantity(durationMs, DURATION_UNITS);
}

/** Bytes in the largest unit that leaves a whole number. */
export function formatBytes(bytes: number): string {
  return formatQuantity(bytes, BYTE_UNITS);
}

function parseQuantity(text: string, units: Readonly<Record<string, number>>): number | null {
  const [, digits, unit] = /^(\d+)([A-Za-z]+)$/.exec(text) ?? [];
  const factor = unit !== undefined && Object.hasOwn(units, unit) ? units[unit] : undefined;
  if (digits === undefined || factor === undefined) return null;
  const quantity = Number(digits) * factor;
  return Number.isSafeInteger(quantity) ? quantity : null;
}

function formatQuantity(quantity: number, units: Readonly<Record<string, number>>): string {
  const entries = Object.entries(units);
  const [unit, factor] = entries.find(([, size]) => quantity !== 0 && quantity % size === 0) ??
    entries.at(-1) ?? ["", 1];
  return `${quantity / factor}${unit}`;
}
