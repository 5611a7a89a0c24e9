// Text on a terminal: widths, units, tables.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesText, mbpsText, percentText, timeLeftText } from "../../../src/cli/human-units.ts";
import { renderTable } from "../../../src/cli/table.ts";
import { cutToWidth, fillToWidth, textWidth } from "../../../src/cli/text-width.ts";

describe("the width of text", () => {
  it.each([
    ["plain", 5],
    ["münchen", 7],
    ["mu\u0308nchen", 7],
    ["東京", 4],
    ["한국", 4],
    ["ＡＢ", 4],
    ["🚀", 2],
    ["│─", 2],
  ])("of %s is %d columns", (text, columns) => {
    expect(textWidth(text)).toBe(columns);
  });

  it("is never more than it is cut to, and exactly what it is filled to", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.nat(20), (text, columns) => {
        const cut = cutToWidth(text, columns);
        expect(text.startsWith(cut)).toBe(true);
        expect(textWidth(cut)).toBeLessThanOrEqual(columns);
        for (const side of ["left", "right"] as const) expect(textWidth(fillToWidth(cut, columns, side))).toBe(columns);
      }),
    );
  });
});

describe("a table", () => {
  it("has numbers below each other's last digit, and names below each other's first letter", () => {
    expect(
      renderTable(
        ["NAME", "N"],
        [
          ["東京", "1"],
          ["a", "1000"],
        ],
        ["N"],
      ),
    ).toBe(["NAME     N", "東京     1", "a     1000"].join("\n"));
    expect(renderTable(["NAME"], [])).toBe("");
  });
});

describe("units", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1_000, "1.000 kB"],
    [1_204_567, "1.205 MB"],
    [5e9, "5.000 GB"],
    [3.21e12, "3.210 TB"],
    [4e15, "4000.000 TB"],
  ])("write %d bytes as %s", (bytes, text) => {
    expect(bytesText(bytes)).toBe(text);
  });

  it("write rates in Mbps, and what is not there as a dash", () => {
    expect(mbpsText(12_345_678)).toBe("12.346 Mbps");
    expect([mbpsText(null), bytesText(undefined), percentText(null)]).toEqual(["-", "-", "-"]);
  });

  it("never round up to the whole", () => {
    expect([percentText(1), percentText(0.999_99), percentText(0.29)]).toEqual(["100.00 %", "99.99 %", "29.00 %"]);
  });

  it.each([
    [0.2, "1 s"],
    [200, "3 min 20 s"],
    [7_500, "2 h 5 min"],
    [349_200, "4 d 1 h"],
    [null, "-"],
    [Number.POSITIVE_INFINITY, "-"],
  ])("write %d seconds that are left as %s", (seconds, text) => {
    expect(timeLeftText(seconds)).toBe(text);
  });
});
