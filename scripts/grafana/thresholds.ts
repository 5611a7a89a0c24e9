// From which value on a figure is no longer as it should be; the same in all dashboards, and as the alerts have it.

import type { Thresholds } from "./panels.ts";

/** Of counts of what should not be. */
export const NONE_IS_GOOD: Thresholds = [
  [null, "green"],
  [1, "red"],
];
/** Seconds, either way. */
export const SKEW: Thresholds = [
  [null, "green"],
  [30, "red"],
];
/** Seconds that something waits. */
export const AGE: Thresholds = [
  [null, "green"],
  [600, "yellow"],
  [3600, "red"],
];
/** Shares that should be 1. */
export const COMPLETENESS: Thresholds = [
  [null, "red"],
  [0.99, "yellow"],
  [0.9999, "green"],
];
/** How full something is. */
export const FILL: Thresholds = [
  [null, "green"],
  [0.5, "yellow"],
  [0.8, "red"],
];
/** Billable rate over commit. */
export const OF_COMMIT: Thresholds = [
  [null, "green"],
  [0.8, "yellow"],
  [1, "red"],
];
/** Share of a budget that is left. */
export const LEFT: Thresholds = [
  [null, "red"],
  [0, "yellow"],
  [0.1, "green"],
];
