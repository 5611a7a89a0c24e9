// Scales of charts: round ticks from zero up, and the unit in which they are short.

export interface Scale {
  /** `Mbps`, `TB`. */
  readonly unit: string;
  /** Ascending from 0; the last one is the top. */
  readonly ticks: readonly { readonly value: number; readonly label: string }[];
  readonly top: number;
}

const PREFIXES = [
  ["T", 1e12],
  ["G", 1e9],
  ["M", 1e6],
  ["k", 1e3],
] as const;

/** A scale that holds `max`, with about four ticks; `base` is the unit without its prefix, `bps` or `B`. */
export function scaleUpTo(max: number, base: string): Scale {
  const step = roundStep(Math.max(max, 1) / 4);
  const count = Math.max(1, Math.ceil(Math.max(max, 1) / step));
  const [prefix, factor] = PREFIXES.find(([, size]) => step >= size) ?? ["", 1];
  const ticks = Array.from({ length: count + 1 }, (_, index) => {
    const value = step * index;
    return { value, label: String(Number((value / factor).toPrecision(6))) };
  });
  return { unit: `${prefix}${base}`, ticks, top: step * count };
}

/** The smallest 1, 2, 2.5 or 5 times a power of ten that is not less than `step`. */
function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  const factor = [1, 2, 2.5, 5, 10].find((candidate) => candidate * power >= step * (1 - 1e-9)) ?? 10;
  return factor * power;
}
