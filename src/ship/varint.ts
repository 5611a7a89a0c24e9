// Protocol Buffers' base-128 integers, for whole numbers from 0 to 2^53 - 1.

/** Bytes that `value` takes. */
export function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) length += 1;
  return length;
}

/** Writes `value` at `offset` and returns the offset behind it. */
export function writeVarint(bytes: Uint8Array, offset: number, value: number): number {
  let end = offset;
  let rest = value;
  while (rest >= 128) {
    bytes[end] = (rest % 128) + 128;
    rest = Math.floor(rest / 128);
    end += 1;
  }
  bytes[end] = rest;
  return end + 1;
}
