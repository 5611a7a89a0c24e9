// The clock of a pcapng interface against exact integers.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PcapngClock } from "../../../src/capture/replay/pcapng-time.ts";

const LAST_DATE_MS = 8_640_000_000_000_000n;
const anyTicks = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const anyResolution = fc.oneof(fc.nat(20), fc.integer({ min: 0x80, max: 0x80 | 63 }));

function toMs(ticks: bigint, resolution: number, offsetSeconds = 0n): number {
  return new PcapngClock(resolution, offsetSeconds).toMs(Number(ticks >> 32n), Number(ticks & 0xffffffffn));
}

function exactMs(ticks: bigint, resolution: number, offsetSeconds = 0n): number {
  const unit = (resolution & 0x80 ? 2n : 10n) ** BigInt(resolution & 0x7f);
  const ms = (ticks * 1000n) / unit + offsetSeconds * 1000n;
  return ms >= 0n && ms <= LAST_DATE_MS ? Number(ms) : Number.NaN;
}

describe("PcapngClock", () => {
  it("rounds any tick count of any resolution down to the millisecond", () => {
    const offset = fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n });
    fc.assert(
      fc.property(anyTicks, anyResolution, offset, (ticks, resolution, offsetSeconds) => {
        expect(toMs(ticks, resolution, offsetSeconds)).toBe(exactMs(ticks, resolution, offsetSeconds));
      }),
      { numRuns: 5000 },
    );
  });

  it("tells the last tick before a millisecond from the first of it", () => {
    fc.assert(
      fc.property(anyTicks, fc.integer({ min: 3, max: 19 }), (ticks, resolution) => {
        const perMs = 10n ** BigInt(resolution - 3);
        const first = ticks - (ticks % perMs);
        for (const near of [first - 1n, first, first + 1n].filter((tick) => tick >= 0n)) {
          expect(toMs(near, resolution)).toBe(exactMs(near, resolution));
        }
      }),
      { numRuns: 5000 },
    );
  });

  it("knows no time before 1970 and none that is no date", () => {
    expect(toMs(1_000_000n, 6, -2n)).toBeNaN();
    expect(toMs(2n ** 64n - 1n, 3)).toBeNaN();
    expect(toMs(0n, 6, 2n ** 62n)).toBeNaN();
    expect(toMs(8_640_000_000_000n, 0)).toBe(8_640_000_000_000_000);
  });
});
