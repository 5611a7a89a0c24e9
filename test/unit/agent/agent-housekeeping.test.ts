import { describe, expect, it } from "vitest";

import { Housekeeping } from "../../../src/agent-housekeeping.ts";
import { FillLog } from "../../../src/ledger/fill-log.ts";
import { AgentMetrics } from "../../../src/telemetry/agent-metrics.ts";
import { createMetrics } from "../../../src/telemetry/metrics.ts";
import { memoryLog } from "../ship/memory-log.ts";

const WINDOW_MS = 60_000;
const START_MS = Date.UTC(2026, 9, 15, 12);
/** Each look at the clock finds the next window's housekeeping due: nothing is waited for. */
const LOOK_MS = WINDOW_MS + 2_000;
const SETTLING_MS = START_MS + 3 * LOOK_MS;

/** What housekeeping first asks of a ledger, which refuses it. */
async function firstCall(pendingFromMs: number | null): Promise<readonly unknown[]> {
  let nowMs = START_MS;
  const calls: unknown[][] = [];
  const stop = new AbortController();
  const metrics = createMetrics();
  const { log } = memoryLog();
  const clock = { now: () => (nowMs += LOOK_MS) };
  const call = (...asked: unknown[]): Promise<never> => {
    calls.push(asked);
    stop.abort();
    return Promise.reject(new Error("busy"));
  };
  const housekeeping = new Housekeeping({
    ledger: { call },
    queue: { pendingFromMs },
    metrics,
    agentMetrics: new AgentMetrics(metrics, "0.1.0"),
    fillLog: new FillLog({ maxBytes: 1, windowMs: WINDOW_MS, log, clock }),
    log,
    clock,
    windowMs: WINDOW_MS,
    retentionMs: 86_400_000,
    contracts: () => [],
  });
  await housekeeping.run(stop.signal);
  expect(calls).toHaveLength(1);
  return calls[0] ?? [];
}

describe("housekeeping", () => {
  it("settles what ended two windows ago", async () => {
    const settle = ["settle", { endedByMs: SETTLING_MS - 2 * WINDOW_MS }];
    expect(await firstCall(null)).toEqual(settle);
    expect(await firstCall(SETTLING_MS - WINDOW_MS)).toEqual(settle);
  });

  it("settles nothing of which a window still waits for the ledger", async () => {
    expect(await firstCall(START_MS - 600_000)).toEqual(["settle", { endedByMs: START_MS - 600_000 }]);
  });
});
