// Numbers for people. What is rounded here stands next to the exact integer that it comes from.

const wholes = new Intl.NumberFormat("en-US");
const thousandths = new Intl.NumberFormat("en-US", { minimumFractionDigits: 3, maximumFractionDigits: 3 });
const bits = new Intl.NumberFormat("en-US", { maximumFractionDigits: 6 });
const BYTE_UNITS = ["bytes", "kB", "MB", "GB", "TB", "PB", "EB", "ZB"];

/** `1,234,567`. */
export function whole(count: number | bigint): string {
  return wholes.format(count);
}

/** `85.123`: 10^6 bits a second, three decimals. */
export function mbps(bps: number): string {
  return thousandths.format(bps / 1e6);
}

/** As many decimals as the rate has, up to the bit: `100`, `0.5`. What a person has set reads as it was set. */
export function shortMbps(bps: number): string {
  return bits.format(bps / 1e6);
}

/** `12.346 TB` in decimal units, half up; exact integers in, so that no total is too large. */
export function byteSize(bytes: number | bigint): string {
  const exact = BigInt(bytes);
  if (exact < 1000n) return counted(Number(exact), "byte");
  let [unit, divisor] = [1, 1000n];
  while (exact >= divisor * 1000n && unit < BYTE_UNITS.length - 1) {
    unit += 1;
    divisor *= 1000n;
  }
  const thousand = (exact * 1000n + divisor / 2n) / divisor;
  return `${whole(thousand / 1000n)}.${String(thousand % 1000n).padStart(3, "0")} ${BYTE_UNITS[unit]}`;
}

/** A part of one in per cent; never `100 %` for what is less, nor `0 %` for what is more. */
export function percent(ratio: number): string {
  if (ratio === 0 || ratio === 1) return `${ratio * 100} %`;
  const hundredths = Math.min(9999, Math.max(1, Math.round(ratio * 10_000)));
  return `${(hundredths / 100).toFixed(2)} %`;
}

/** `447th`. */
export function ordinal(count: number): string {
  const suffix = ["st", "nd", "rd"][(count % 10) - 1];
  const teen = count % 100 > 10 && count % 100 < 14;
  return `${whole(count)}${teen ? "th" : (suffix ?? "th")}`;
}

/** `1 interval`, `446 intervals`. */
export function counted(count: number, noun: string): string {
  return `${whole(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** `2 h 35 min`, `3 d 4 h`. */
export function span(durationMs: number): string {
  const minutes = Math.round(durationMs / 60_000);
  const parts = [
    [Math.floor(minutes / 1440), "d"],
    [Math.floor(minutes / 60) % 24, "h"],
    [minutes % 60, "min"],
  ] as const;
  const text = parts.filter(([amount]) => amount > 0).map(([amount, unit]) => `${amount} ${unit}`);
  return text.join(" ") || "0 min";
}
