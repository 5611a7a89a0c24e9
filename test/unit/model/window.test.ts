import { describe, expect, it } from "vitest";

import { overheadPerPacket } from "../../../src/model/byte-layer.ts";
import { floorTo, sampleTime } from "../../../src/model/time.ts";
import { addTotals, completenessOf, emptyTotals, type WindowTotals } from "../../../src/model/window.ts";

const totals = (frames: number): WindowTotals => ({ ...emptyTotals(), frames });

describe("completenessOf", () => {
  it.each([
    ["1 for a silent window that was observed", 0, 60_000, 0, 0, 1],
    ["the observed part of the window", 10, 15_000, 0, 10, 0.25],
    ["what the kernel did not drop", 75, 60_000, 25, 1_000, 0.75],
    ["what the interface counted, where drops are not known", 80, 60_000, null, 100, 0.8],
    ["the product of both", 50, 30_000, 50, null, 0.25],
    ["1 where the interface counted less than was captured", 10, 60_000, null, 9, 1],
    ["1 where nothing but the time is known", 10, 60_000, null, null, 1],
    ["at most 1 for a window observed twice over", 10, 120_000, 0, null, 1],
    ["0 where every frame was dropped", 0, 60_000, 5, null, 0],
  ])("is %s", (...[, frames, observedMs, droppedFrames, interfaceFrames, completeness]) => {
    const quality = { observedMs, droppedFrames, interfaceFrames, clockStepMs: 0 };
    expect(completenessOf(60_000, totals(frames), quality)).toBe(completeness);
  });
});

describe("addTotals", () => {
  it("adds every total", () => {
    const names = Object.keys(emptyTotals());
    const ofPowers = (base: number) =>
      Object.assign(emptyTotals(), Object.fromEntries(names.map((name, index) => [name, base * 2 ** index])));
    expect(addTotals(ofPowers(1), ofPowers(1_000))).toEqual(ofPowers(1_001));
  });
});

describe("the grid", () => {
  it("takes a time to the start of its cell and stamps a cell with its last millisecond", () => {
    expect([floorTo(599_999, 300_000), floorTo(600_000, 300_000)]).toEqual([300_000, 600_000]);
    expect(sampleTime(600_000)).toBe(599_999);
  });
});

describe("overheadPerPacket", () => {
  it.each([
    ["ip", 0, 0],
    ["ip", 2, 0],
    ["ethernet", 0, 18],
    ["ethernet", 2, 26],
    ["wire", 0, 38],
    ["wire", 1, 42],
  ] as const)("of %s with %i VLAN tags is %i", (layer, tags, bytes) => {
    expect(overheadPerPacket(layer, tags)).toBe(bytes);
  });
});
