// Order statistics of measurements, and how figures are written.

/** The value at `fraction` of the sorted values, nearest rank; NaN where there are none. */
export function quantile(values: readonly number[], fraction: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const rank = Math.max(0, Math.ceil(sorted.length * fraction) - 1);
  return sorted[rank] ?? Number.NaN;
}

/** The middle value, the mean of both where there are two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  if (sorted.length % 2 === 1) return sorted[Math.floor(middle)] ?? Number.NaN;
  return ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

/** `digits` behind the point; `-` for what was not measured. */
export function fixed(value: number, digits = 2): string {
  return Number.isNaN(value) ? "-" : value.toFixed(digits);
}

/** A whole number in groups of three. */
export function whole(value: number): string {
  return Number.isNaN(value) ? "-" : Math.round(value).toLocaleString("en-US");
}

export function percent(value: number): string {
  return Number.isNaN(value) ? "-" : `${(value * 100).toFixed(2)} %`;
}

export function ratio(value: number): string {
  return Number.isFinite(value) ? `${value.toFixed(2)}x` : "-";
}

export function mebibytes(bytes: number): string {
  return fixed(bytes / 2 ** 20, 1);
}
