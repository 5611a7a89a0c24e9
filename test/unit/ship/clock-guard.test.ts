import { describe, expect, it } from "vitest";
import { ClockGuard } from "../../../src/ship/clock-guard.ts";
import { memoryLog } from "./memory-log.ts";

describe("ClockGuard", () => {
  it("warns once above 30 s, either way, and tells once when it is over", () => {
    const { log, headlines, lines } = memoryLog();
    const guard = new ClockGuard(log);
    for (const skewMs of [0, 30_000, -30_000.5, -40_000, -29_000, 500, 700, 31_000]) guard.observe(skewMs);
    expect(headlines()).toEqual([
      "warn: this host's clock and the receiver's differ: synchronise them",
      "info: this host's clock and the receiver's agree again",
      "warn: this host's clock and the receiver's differ: synchronise them",
    ]);
    expect(lines[0]).toMatchObject({ skew_ms: -30_000 });
  });
});
