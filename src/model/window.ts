// What capture hands to accounting: the usage of one interface in one window, as columns.
// Counters are float64 and exact: a window's bytes stay far below 2^53 (300 s at 1 Tb/s is 3.75e13).

/** One row per address, sorted by nothing. All columns have `length` rows; `addresses` has four words a row. */
export interface UsageColumns {
  readonly length: number;
  readonly addresses: Uint32Array;
  /** Index into `WindowUsage.networks`. */
  readonly networks: Uint32Array;
  readonly bytesIn: Float64Array;
  readonly packetsIn: Float64Array;
  readonly bytesOut: Float64Array;
  readonly packetsOut: Float64Array;
}

/** Bytes of one row of columns. */
export const USAGE_ROW_BYTES = 52;

/** Zeros, in memory that threads share: posting them to another thread copies nothing, and they stay whole here. */
export function sharedColumns(length: number): UsageColumns {
  const words = (count: number): Uint32Array =>
    new Uint32Array(new SharedArrayBuffer(count * Uint32Array.BYTES_PER_ELEMENT));
  const column = (): Float64Array => new Float64Array(new SharedArrayBuffer(length * Float64Array.BYTES_PER_ELEMENT));
  const counters = { bytesIn: column(), packetsIn: column(), bytesOut: column(), packetsOut: column() };
  return { length, addresses: words(4 * length), networks: words(length), ...counters };
}

/**
 * Where every captured frame went. With `in` and `out` summed over all usage rows (overflow rows included):
 * `ipBytes + internalBytes = in + out + unaccountedBytes`, and `frames = ipPackets + nonIpFrames + parseFailures`.
 */
export interface WindowTotals {
  readonly frames: number;
  readonly ipPackets: number;
  /** IP total length, no padding (RFC 791 section 3.1, RFC 8200 section 3). */
  readonly ipBytes: number;
  readonly unaccountedPackets: number;
  readonly unaccountedBytes: number;
  /** Between two accounted addresses: counted for both, so once more than captured. */
  readonly internalPackets: number;
  readonly internalBytes: number;
  /** Of accounted networks, but the address found no room; also present as overflow rows. */
  readonly overflowPackets: number;
  readonly overflowBytes: number;
  readonly nonIpFrames: number;
  readonly parseFailures: number;
}

/** Totals while they are being counted. */
type OpenTotals = { -readonly [Name in keyof WindowTotals]: number };

export function emptyTotals(): OpenTotals {
  return {
    frames: 0,
    ipPackets: 0,
    ipBytes: 0,
    unaccountedPackets: 0,
    unaccountedBytes: 0,
    internalPackets: 0,
    internalBytes: 0,
    overflowPackets: 0,
    overflowBytes: 0,
    nonIpFrames: 0,
    parseFailures: 0,
  };
}

export function addTotals(a: WindowTotals, b: WindowTotals): WindowTotals {
  return {
    frames: a.frames + b.frames,
    ipPackets: a.ipPackets + b.ipPackets,
    ipBytes: a.ipBytes + b.ipBytes,
    unaccountedPackets: a.unaccountedPackets + b.unaccountedPackets,
    unaccountedBytes: a.unaccountedBytes + b.unaccountedBytes,
    internalPackets: a.internalPackets + b.internalPackets,
    internalBytes: a.internalBytes + b.internalBytes,
    overflowPackets: a.overflowPackets + b.overflowPackets,
    overflowBytes: a.overflowBytes + b.overflowBytes,
    nonIpFrames: a.nonIpFrames + b.nonIpFrames,
    parseFailures: a.parseFailures + b.parseFailures,
  };
}

/** How much of the window was seen. */
export interface WindowQuality {
  /** Milliseconds of the window during which capture ran. */
  readonly observedMs: number;
  /** Frames that the kernel received for us and dropped; null where it cannot be known. */
  readonly droppedFrames: number | null;
  /** Frames by the interface's own counters, received and sent, while observed; null where there are none. */
  readonly interfaceFrames: number | null;
  /** Sum of the steps of the clock, of more than a second either way, that touch the window; 0 as a rule. */
  readonly clockStepMs: number;
}

export interface WindowUsage {
  readonly interface: string;
  /**
   * What counted it, where that can hand over the same window twice, as a kernel map that outlives the agent does; null
   * where it cannot. One source counts one interface.
   */
  readonly source: string | null;
  /** Milliseconds since the epoch, aligned; the window is [startMs, endMs). */
  readonly startMs: number;
  readonly endMs: number;
  /** Names of the networks in force in this window. */
  readonly networks: readonly string[];
  readonly usage: UsageColumns;
  readonly totals: WindowTotals;
  readonly quality: WindowQuality;
}

/** Seen time over the window's length, times frames counted over frames that passed; 0 to 1. */
export function completenessOf(
  windowMs: number,
  totals: Pick<WindowTotals, "frames">,
  quality: Omit<WindowQuality, "clockStepMs">,
): number {
  const dropped = quality.droppedFrames ?? Math.max(0, (quality.interfaceFrames ?? 0) - totals.frames);
  const frames = totals.frames + dropped;
  const counted = frames === 0 ? 1 : totals.frames / frames;
  return Math.min(1, quality.observedMs / windowMs) * counted;
}
