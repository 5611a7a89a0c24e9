// Sums, counts and maxima over the intervals of a month. Plain loops: a bill takes some twenty of them over 8,928
// intervals, and calls of a function for each would be most of its time.

/** The sum of integers below 2^53, exact beyond. */
export function exactSum(values: Float64Array): bigint {
  let sum = 0n;
  let part = 0;
  for (let index = 0; index < values.length; index++) {
    const value = values[index] ?? 0;
    if (part > Number.MAX_SAFE_INTEGER - value) {
      sum += BigInt(part);
      part = 0;
    }
    part += value;
  }
  return sum + BigInt(part);
}

/** The sum of what adds up to less than 2^53. */
export function total(counts: Uint32Array): number {
  let sum = 0;
  for (let index = 0; index < counts.length; index++) sum += counts[index] ?? 0;
  return sum;
}

export function countAbove(values: Float64Array | Uint32Array, limit: number): number {
  let count = 0;
  for (let index = 0; index < values.length; index++) if ((values[index] ?? 0) > limit) count++;
  return count;
}

/** The greatest value; 0 where there is none. */
export function maximum(values: Float64Array): number {
  let most = 0;
  for (let index = 0; index < values.length; index++) most = Math.max(most, values[index] ?? 0);
  return most;
}

/** Index by index, in a column of its own. */
export function addColumns(a: Float64Array, b: Float64Array): Float64Array {
  const sum = new Float64Array(a.length);
  for (let index = 0; index < sum.length; index++) sum[index] = (a[index] ?? 0) + (b[index] ?? 0);
  return sum;
}

/** The larger of both at each index, in a column of its own. */
export function largerOf(a: Float64Array, b: Float64Array): Float64Array {
  const larger = new Float64Array(a.length);
  for (let index = 0; index < larger.length; index++) larger[index] = Math.max(a[index] ?? 0, b[index] ?? 0);
  return larger;
}
