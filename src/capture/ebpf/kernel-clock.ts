// CLOCK_REALTIME and CLOCK_MONOTONIC, read together. Both run at the same, corrected rate; their difference changes
// only when the clock is set (clock_settime(2), a leap second) or the machine was suspended. The kernel's program reads
// the monotonic one and adds that difference.

import koffi from "koffi";

const CLOCK_REALTIME = 0;
const CLOCK_MONOTONIC = 1;
/** Two readings of one clock that lie further apart were interrupted. */
const MAX_DELAY_NS = 20_000n;
const MAX_TRIES = 20;

const clockGettime = koffi.load("libc.so.6").func("int clock_gettime(int clock, void *time)");
const time = Buffer.allocUnsafeSlow(16);

export function monotonicNs(): bigint {
  return readNs(CLOCK_MONOTONIC);
}

/** What to add to CLOCK_MONOTONIC for the time since the epoch, in nanoseconds, some microseconds exact. */
export function realtimeOffsetNs(): bigint {
  let best = { delayNs: MAX_DELAY_NS * 1_000_000n, offsetNs: 0n };
  for (let tries = 0; tries < MAX_TRIES && best.delayNs > MAX_DELAY_NS; tries++) {
    const before = monotonicNs();
    const realNs = readNs(CLOCK_REALTIME);
    const after = monotonicNs();
    if (after - before < best.delayNs) best = { delayNs: after - before, offsetNs: realNs - (before + after) / 2n };
  }
  return best.offsetNs;
}

function readNs(clock: number): bigint {
  const failed: unknown = clockGettime(clock, time);
  if (failed !== 0) throw new Error(`capture: clock_gettime failed with errno ${koffi.errno()}`);
  return time.readBigInt64LE(0) * 1_000_000_000n + time.readBigInt64LE(8);
}
