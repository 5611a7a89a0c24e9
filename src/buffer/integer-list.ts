// Columns of integers out of SQLite at once: a text of all of them, made in one call, is read three times as fast as rows.

const ZERO = 48;
const SPACE = 32;

/** SQL of the values of `column` in the order in which rows are met, as `integersOf` reads them. */
export function integerList(column: string): string {
  return `CAST(group_concat(${column}, ' ') AS BLOB)`;
}

/**
 * The `count` integers of a list; null is an empty one. Throws where there are fewer or more, or one is negative, no
 * integer or beyond 2^53.
 */
export function integersOf(list: Uint8Array | null, count: number): Float64Array {
  const values = new Float64Array(count);
  if (list === null) return values;
  let row = 0;
  let value = 0;
  // An index: `for ... of` over bytes takes four times as long.
  for (let index = 0; index < list.length; index++) {
    const byte = list[index] ?? 0;
    const digit = byte - ZERO;
    if (digit >= 0 && digit <= 9) {
      value = value * 10 + digit;
    } else {
      if (byte !== SPACE || value > Number.MAX_SAFE_INTEGER) throw inexact(list);
      values[row++] = value;
      value = 0;
    }
  }
  if (value > Number.MAX_SAFE_INTEGER || row + 1 !== count) throw inexact(list);
  values[row] = value;
  return values;
}

function inexact(list: Uint8Array): Error {
  const sample = Buffer.from(list.subarray(0, 60)).toString("latin1");
  return new Error(`buffer: a column holds something else than integers below 2^53: ${sample}`);
}
