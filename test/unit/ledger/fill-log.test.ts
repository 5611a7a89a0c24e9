import { describe, expect, it } from "vitest";

import { FillLog } from "../../../src/ledger/fill-log.ts";
import { memoryLog } from "../ship/memory-log.ts";

const NOTHING = { thinned: 0, dead_letter: 0, oldest: 0 };
const FIX = "bring the endpoints back, or raise buffer.max_bytes";
const WARNING = `warn: the ledger is over 80 % of buffer.max_bytes, at which queued samples are dropped: ${FIX}`;
const CLEARED = "info: the ledger is below 75 % of buffer.max_bytes again";
const FULL = `error: the ledger is full: queued samples are dropped; ${FIX}`;
const STILL = "warn: the ledger is still full: queued samples are dropped";
const OVER = "warn: the ledger is no longer full: this is what was dropped";

function fillLog(windowMs = 5_000) {
  const { log, lines, headlines } = memoryLog();
  let nowMs = 0;
  const fill = new FillLog({ maxBytes: 1_000, windowMs, log, clock: { now: () => nowMs } });
  /** What the ledger says after some seconds. */
  const after = (seconds: number, usedBytes: number, dropped: Partial<typeof NOTHING> = {}): void => {
    nowMs += seconds * 1_000;
    fill.observe({ usedBytes, dropped: { ...NOTHING, ...dropped } });
  };
  return { fill, after, lines, headlines };
}

describe("the early warning", () => {
  it("comes once at 80 % and is cleared below 75 %", () => {
    const { after, headlines, lines } = fillLog();
    for (const used of [799, 800, 900, 790, 750, 810]) after(5, used);
    expect(headlines()).toEqual([WARNING]);
    expect(lines[0]).toMatchObject({ used_bytes: 800, max_bytes: 1_000 });
    after(5, 749);
    after(5, 800);
    expect(headlines()).toEqual([WARNING, CLEARED, WARNING]);
  });
});

describe("an episode of dropping", () => {
  it("has a first line, one a minute at most with what it came to, and a last", () => {
    const { after, headlines, lines, fill } = fillLog();
    after(0, 0, { thinned: 1_000 });
    for (let minute = 0; minute < 2; minute++) {
      for (let tick = 1; tick <= 12; tick++) after(5, 0, { thinned: 1_000 + minute * 120 + tick * 10 });
    }
    expect(headlines()).toEqual([FULL, STILL]);
    expect(lines[0]).toMatchObject({ since: "1970-01-01T00:00:05.000Z", thinned: 10, oldest: 0 });
    expect(lines[1]).toMatchObject({ since: "1970-01-01T00:00:05.000Z", thinned: 130, oldest: 0 });
    expect(fill.state).toMatchObject({ maxBytes: 1_000, droppingSinceMs: 5_000 });
    after(60, 0, { thinned: 1_240, oldest: 7 });
    after(119, 0, { thinned: 1_240, oldest: 7 });
    expect(headlines()).toEqual([FULL, STILL, STILL]);
    after(1, 0, { thinned: 1_240, oldest: 7 });
    expect(headlines()).toEqual([FULL, STILL, STILL, OVER]);
    expect(lines.at(-1)).toMatchObject({ since: "1970-01-01T00:00:05.000Z", thinned: 240, oldest: 7 });
    expect(fill.state?.droppingSinceMs).toBeNull();
  });

  it("does not end between two long windows", () => {
    const { after, headlines } = fillLog(300_000);
    after(0, 0);
    after(300, 0, { thinned: 10 });
    after(300, 0, { thinned: 10 });
    after(299, 0, { thinned: 10 });
    expect(headlines()).toEqual([FULL]);
    after(1, 0, { thinned: 10 });
    expect(headlines()).toEqual([FULL, OVER]);
  });

  it("is not what earlier runs dropped", () => {
    const { after, headlines, fill } = fillLog();
    expect(fill.state).toBeNull();
    after(0, 0, { oldest: 500 });
    after(5, 0, { oldest: 500 });
    expect(headlines()).toEqual([]);
  });
});
