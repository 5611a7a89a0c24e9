// The percentile of billing: nearest rank from the top, in integers only. Selects in linear time, without sorting.

/** How many of `count` values are above the percentile: floor(count x (1000 - per mille) / 1000). */
export function discardedOf(count: number, perMille: number): number {
  return Math.floor((count * (1000 - perMille)) / 1000);
}

/** The value at the percentile's rank, discarded + 1 from the top; 0 where there are no values. Leaves `values` as they are. */
export function percentile(values: Float64Array, perMille: number): number {
  return valueAtRank(Float64Array.from(values), discardedOf(values.length, perMille) + 1);
}

/**
 * The value at `rank` from the top of `values`, which are reordered. A rank below 1 takes the greatest value, one beyond
 * the last takes 0: as if zeros followed.
 */
export function valueAtRank(values: Float64Array, rank: number): number {
  if (rank > values.length || values.length === 0) return 0;
  const target = values.length - Math.max(1, rank);
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const split = partition(values, low, high);
    if (target <= split) high = split;
    else low = split + 1;
  }
  return values[target] ?? 0;
}

/** Hoare's partition around the median of three: equal values are split evenly, so that a silent month is as fast as any. */
function partition(values: Float64Array, low: number, high: number): number {
  const pivot = medianOfThree(values[low] ?? 0, values[(low + high) >>> 1] ?? 0, values[high] ?? 0);
  let left = low - 1;
  let right = high + 1;
  for (;;) {
    do left++;
    while ((values[left] ?? 0) < pivot);
    do right--;
    while ((values[right] ?? 0) > pivot);
    if (left >= right) return right;
    const moved = values[left] ?? 0;
    values[left] = values[right] ?? 0;
    values[right] = moved;
  }
}

function medianOfThree(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}
