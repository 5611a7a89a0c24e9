// Windows and billing intervals on the epoch's grid, in integer milliseconds.

/** The 95th percentile's interval. Every month of every time zone starts on a multiple of it. */
export const BILLING_INTERVAL_MS = 300_000;

/** Time as the process sees it; tests pass their own. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

/** The start of the grid cell of `sizeMs` that holds `timeMs`. */
export function floorTo(timeMs: number, sizeMs: number): number {
  return Math.floor(timeMs / sizeMs) * sizeMs;
}

/** The time stamp of everything that is said of [start, end): its last millisecond, so that `[1h]` holds 12 intervals. */
export function sampleTime(endMs: number): number {
  return endMs - 1;
}
