// The clock of one pcapng interface: 64-bit ticks of any resolution to whole milliseconds, exactly. Nanoseconds since
// 1970 do not fit a float64, so ticks are divided in halves; resolutions that nobody uses take the way over bigint.

/** Microseconds, which is what an interface without if_tsresol has (draft-ietf-opsawg-pcapng section 4.2). */
export const DEFAULT_RESOLUTION = 6;

const WORD = 2 ** 32;
/** What a JavaScript Date can hold; a later time is garbage. */
const MAX_TIME_MS = 8.64e15;

export class PcapngClock {
  readonly #ticksPerSecond: bigint;
  /** Divides exactly in two float64 steps; 0 where the resolution is not 10^-3 to 10^-9 s, or there is an offset. */
  readonly #ticksPerMs: number;
  readonly #offsetMs: bigint;

  /** `resolution` is the if_tsresol byte: a power of 10, or with the highest bit set of 2. `offsetSeconds` is added. */
  constructor(resolution: number, offsetSeconds: bigint) {
    const power = resolution & 0x7f;
    this.#ticksPerSecond = (resolution & 0x80 ? 2n : 10n) ** BigInt(power);
    this.#ticksPerMs = resolution >= 3 && resolution <= 9 && offsetSeconds === 0n ? 10 ** (resolution - 3) : 0;
    this.#offsetMs = offsetSeconds * 1000n;
  }

  /** Milliseconds since the epoch, rounded down, of the tick count `high * 2^32 + low`; NaN out of a Date's range. */
  toMs(high: number, low: number): number {
    const ms = this.#ticksPerMs === 0 ? this.#slowMs(high, low) : this.#fastMs(high, low);
    return ms >= 0 && ms <= MAX_TIME_MS ? ms : Number.NaN;
  }

  /** Exact: the remainder is below 10^6, so that each dividend and each quotient stays below 2^53. */
  #fastMs(high: number, low: number): number {
    const quotient = Math.floor(high / this.#ticksPerMs);
    const remainder = high - quotient * this.#ticksPerMs;
    return quotient * WORD + Math.floor((remainder * WORD + low) / this.#ticksPerMs);
  }

  #slowMs(high: number, low: number): number {
    const ticks = (BigInt(high) << 32n) | BigInt(low);
    return Number((ticks * 1000n) / this.#ticksPerSecond + this.#offsetMs);
  }
}
