import { describe, expect, it } from "vitest";
import { byteSize, counted, mbps, ordinal, percent, shortMbps, span } from "../../../../src/billing/html/numbers.ts";
import { percentileName } from "../../../../src/billing/html/percentile-name.ts";

describe("numbers for people", () => {
  it.each([
    [0, "0.000"],
    [427_065_592.853, "427.066"],
    [1_234_567_890_500, "1,234,567.891"],
  ])("writes %d bit/s as %s Mbps", (bps, text) => expect(mbps(bps)).toBe(text));

  it.each([
    [100_000_000, "100"],
    [500_000, "0.5"],
    [1, "0.000001"],
  ])("writes a commit of %d bit/s as %s Mbps", (bps, text) => expect(shortMbps(bps)).toBe(text));

  it.each([
    [0n, "0 bytes"],
    [1n, "1 byte"],
    [999n, "999 bytes"],
    [1000n, "1.000 kB"],
    [999_999_999n, "1,000.000 MB"],
    [12_345_678_901_234n, "12.346 TB"],
    [2n ** 80n, "1,208.926 ZB"],
  ])("writes %d bytes as %s", (bytes, text) => expect(byteSize(bytes)).toBe(text));

  it.each([
    [1, "100 %"],
    [0.999_999, "99.99 %"],
    [0.000_001, "0.01 %"],
    [0, "0 %"],
    [0.9952, "99.52 %"],
  ])("writes a part of %d as %s", (ratio, text) => expect(percent(ratio)).toBe(text));

  it.each([
    [1, "1st"],
    [2, "2nd"],
    [3, "3rd"],
    [11, "11th"],
    [12, "12th"],
    [113, "113th"],
    [447, "447th"],
    [451, "451st"],
    [1002, "1,002nd"],
  ])("calls %d the %s", (count, text) => expect(ordinal(count)).toBe(text));

  it.each([
    [950, "95th percentile"],
    [990, "99th percentile"],
    [999, "99.9th percentile"],
    [910, "91st percentile"],
    [110, "11th percentile"],
    [913, "91.3rd percentile"],
  ])("calls %d per mille the %s", (perMille, text) => expect(percentileName(perMille)).toBe(text));

  it("counts and measures", () => {
    expect([counted(1, "gap"), counted(2000, "gap")]).toEqual(["1 gap", "2,000 gaps"]);
    expect([span(300_000), span(12_900_000), span(90_000_000_000)]).toEqual(["5 min", "3 h 35 min", "1041 d 16 h"]);
  });
});
