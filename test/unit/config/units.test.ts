import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { formatBytes, formatDuration, parseBytes, parseDuration } from "../../../src/lib/units.ts";

describe("durations", () => {
  it.each([
    ["0s", 0],
    ["500ms", 500],
    ["5s", 5000],
    ["1m", 60_000],
    ["1h", 3_600_000],
    ["100d", 8_640_000_000],
    ["2w", 1_209_600_000],
  ])("reads %s", (text, durationMs) => {
    expect(parseDuration(text)).toBe(durationMs);
  });

  it.each(["", "5", "s", "-5s", "1.5h", "1m30s", "5 s", "5S", "5constructor", "99999999999999999w"])(
    "refuses %j",
    (text) => {
      expect(parseDuration(text)).toBeNull();
    },
  );

  it.each([
    [0, "0ms"],
    [1500, "1500ms"],
    [90_000, "90s"],
    [300_000, "5m"],
    [8_640_000_000, "100d"],
  ])("formats %d as %s", (durationMs, text) => {
    expect(formatDuration(durationMs)).toBe(text);
  });

  it("reads back what it formats", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        expect(parseDuration(formatDuration(value))).toBe(value);
      }),
    );
  });
});

describe("byte sizes", () => {
  it.each([
    ["0B", 0],
    ["100B", 100],
    ["1KB", 1000],
    ["512KiB", 524_288],
    ["64MiB", 67_108_864],
    ["1GB", 1_000_000_000],
    ["2GiB", 2_147_483_648],
    ["1TiB", 1_099_511_627_776],
  ])("reads %s", (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  it.each(["", "5", "GiB", "-1B", "1.5GiB", "2 GiB", "2gib", "99999999TiB"])("refuses %j", (text) => {
    expect(parseBytes(text)).toBeNull();
  });

  it.each([
    [0, "0B"],
    [1023, "1023B"],
    [67_108_864, "64MiB"],
    [3_000_000_000, "3GB"],
  ])("formats %d as %s", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it("reads back what it formats", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        expect(parseBytes(formatBytes(value))).toBe(value);
      }),
    );
  });
});
