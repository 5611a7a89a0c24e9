// Exact quotients of integers, for rates and money: nothing is rounded before someone asks for a whole number.

import type { Decimal } from "./decimal.ts";

/** `num` / `den`, not negative; `den` is above 0. */
export interface Fraction {
  readonly num: bigint;
  readonly den: bigint;
}

export const ZERO: Fraction = { num: 0n, den: 1n };

export function whole(value: number | bigint): Fraction {
  return { num: BigInt(value), den: 1n };
}

export function ofDecimal({ units, scale }: Decimal): Fraction {
  return { num: units, den: 10n ** BigInt(scale) };
}

export function add(a: Fraction, b: Fraction): Fraction {
  return { num: a.num * b.den + b.num * a.den, den: a.den * b.den };
}

export function multiply(a: Fraction, b: Fraction): Fraction {
  return { num: a.num * b.num, den: a.den * b.den };
}

/** a - b, or 0 where b is greater. */
export function excess(a: Fraction, b: Fraction): Fraction {
  const num = a.num * b.den - b.num * a.den;
  return num <= 0n ? ZERO : { num, den: a.den * b.den };
}

export function isLess(a: Fraction, b: Fraction): boolean {
  return a.num * b.den < b.num * a.den;
}

export function greater(a: Fraction, b: Fraction): Fraction {
  return isLess(a, b) ? b : a;
}

export function lesser(a: Fraction, b: Fraction): Fraction {
  return isLess(b, a) ? b : a;
}

/** To a whole number; `nearest` takes the half up. */
export function round({ num, den }: Fraction, mode: "up" | "nearest" | "down"): bigint {
  switch (mode) {
    case "up":
      return (num + den - 1n) / den;
    case "nearest":
      return (2n * num + den) / (2n * den);
    case "down":
      return num / den;
  }
}

/** The nearest floating-point number, as far as both parts are below 2^53. */
export function toNumber({ num, den }: Fraction): number {
  return Number(num) / Number(den);
}
