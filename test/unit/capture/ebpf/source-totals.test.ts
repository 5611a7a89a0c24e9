// struct totals of all CPUs as one window's totals.

import { describe, expect, it } from "vitest";
import { TOTALS_BYTES, TOTALS_WORDS } from "../../../../src/capture/ebpf/layout.ts";
import {
  addTotalsValue,
  type SourceTotals,
  windowTotals,
  zeroTotals,
} from "../../../../src/capture/ebpf/source-totals.ts";

/** The map's value with these words on each CPU. */
function mapValue(...cpus: readonly Partial<SourceTotals>[]): Buffer {
  const value = Buffer.alloc(cpus.length * TOTALS_BYTES);
  for (const [cpu, words] of cpus.entries()) {
    for (const [index, name] of TOTALS_WORDS.entries()) {
      value.writeBigUInt64LE(BigInt(words[name] ?? 0), cpu * TOTALS_BYTES + index * 8);
    }
  }
  return value;
}

function summed(window: number | null, ...cpus: readonly Partial<SourceTotals>[]): SourceTotals {
  const sum = zeroTotals();
  const value = mapValue(...cpus);
  for (const cpu of cpus.keys()) addTotalsValue(sum, value, cpu, window);
  return sum;
}

const counters = TOTALS_WORDS.filter((name) => !["window", "lastNs", "firstWindow", "lastWindow"].includes(name));

describe("addTotalsValue", () => {
  it.each(counters)("adds up %s, and nothing else", (name) => {
    const one = { window: 7, [name]: 2 ** 52 };
    const other = { window: 7, [name]: 2 ** 52 - 1 };
    expect(summed(7, one, other)).toEqual({ ...zeroTotals(), window: 7, [name]: 2 ** 53 - 1 });
  });

  it("takes only CPUs whose slot has that window", () => {
    const totals = summed(7, { window: 7, ipBytes: 1 }, { window: 8, ipBytes: 2 }, {}, { window: 7, ipBytes: 4 });
    expect(totals).toEqual({ ...zeroTotals(), window: 7, ipBytes: 5 });
  });

  it("takes whatever window a slot has where none is asked for", () => {
    expect(summed(null, { window: 7, ipBytes: 1 }, { window: 8, ipBytes: 2 }).ipBytes).toBe(3);
  });

  it("takes the latest packet of all CPUs, and the widest span of windows, to which an idle CPU adds nothing", () => {
    const spans = [{ firstWindow: 12, lastWindow: 13 }, {}, { firstWindow: 10, lastWindow: 11 }];
    expect(summed(null, ...spans)).toMatchObject({ firstWindow: 10, lastWindow: 13 });
    expect(summed(null, ...spans.toReversed())).toMatchObject({ firstWindow: 10, lastWindow: 13 });
    expect(summed(7, { window: 7, lastNs: 3 }, { window: 7, lastNs: 5 }, { window: 7, lastNs: 4 }).lastNs).toBe(5);
  });
});

describe("windowTotals", () => {
  it("counts as frames what is IP, what is not, and what could not be decoded", () => {
    const { frames } = windowTotals({ ...zeroTotals(), ipPackets: 5, nonIpFrames: 3, parseFailures: 2 });
    expect(frames).toBe(10);
  });

  it("tells every counter that has a name in a window's totals", () => {
    const totals = zeroTotals();
    for (const [index, name] of TOTALS_WORDS.entries()) totals[name] = index + 1;
    const { frames: _, ...told } = windowTotals(totals);
    expect(totals).toMatchObject(told);
    expect(Object.values(told).every((value) => value > 0)).toBe(true);
  });
});
