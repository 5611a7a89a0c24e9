import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { SharedAnswers } from "../../../src/status/shared-answers.ts";

describe("shared answers", () => {
  let made = 0;
  const make = async () => ++made;

  beforeEach(() => {
    made = 0;
    vi.useFakeTimers();
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it("are given to all who ask at the same time and for a while, and then made anew", async () => {
    const shared = new SharedAnswers<number>({ maxAgeMs: 1000, maxAnswers: 4 }, () => true);
    expect(await Promise.all([shared.get("a", make), shared.get("a", make), shared.get("b", make)])).toEqual([1, 1, 2]);
    await vi.advanceTimersByTimeAsync(999);
    expect(await shared.get("a", make)).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(await shared.get("a", make)).toBe(3);
  });

  it("are not kept where they are bad, or could not be made", async () => {
    const shared = new SharedAnswers<number>({ maxAgeMs: 1000, maxAnswers: 4 }, (answer) => answer > 1);
    expect([await shared.get("a", make), await shared.get("a", make), await shared.get("a", make)]).toEqual([1, 2, 2]);
    await expect(shared.get("b", async () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(await shared.get("b", make)).toBe(3);
  });

  it("are no more than their limit: the oldest goes", async () => {
    const shared = new SharedAnswers<number>({ maxAgeMs: 1000, maxAnswers: 2 }, () => true);
    for (const question of ["a", "b", "c"]) await shared.get(question, make);
    expect(await shared.get("c", make)).toBe(3);
    expect(await shared.get("a", make)).toBe(4);
  });

  it("are shared while they are being made, however many there are", async () => {
    const shared = new SharedAnswers<number>({ maxAgeMs: 1000, maxAnswers: 1 }, () => true);
    const asked = ["a", "b", "c", "a", "b", "c"].map((question) => shared.get(question, make));
    expect(await Promise.all(asked)).toEqual([1, 2, 3, 1, 2, 3]);
  });

  it("are forgotten when they are cleared, also what is being made", async () => {
    const shared = new SharedAnswers<number>({ maxAgeMs: 1000, maxAnswers: 2 }, () => true);
    const before = shared.get("a", make);
    shared.clear();
    expect([await before, await shared.get("a", make)]).toEqual([1, 2]);
    await vi.advanceTimersByTimeAsync(500);
    expect(await shared.get("a", make)).toBe(2);
  });
});
