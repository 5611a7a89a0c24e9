import { describe, expect, it } from "vitest";

import { type ClockState, describeClock } from "../../../src/lib/clock-state.ts";
import { ClockWatch } from "../../../src/telemetry/clock-watch.ts";
import { createMetrics, selfSamples } from "../../../src/telemetry/metrics.ts";
import { memoryLog } from "../ship/memory-log.ts";

const RIGHT: ClockState = { synchronized: true, estimatedErrorSeconds: 0.002, maxErrorSeconds: 0.25 };
const WRONG: ClockState = { synchronized: false, estimatedErrorSeconds: 16, maxErrorSeconds: 16 };
const LOST = "warn: the kernel does not take this host's clock for synchronised: run chrony, ntpd or systemd-timesyncd";
const FOUND = "info: the kernel takes this host's clock for synchronised";

/** A watch whose kernel says what the test says. */
function watching(first: ClockState | null) {
  const kernel = { state: first };
  const { log, lines, headlines } = memoryLog();
  const metrics = createMetrics();
  const watch = new ClockWatch(metrics, { log, read: () => kernel.state });
  const values = async (): Promise<unknown> =>
    Object.fromEntries((await selfSamples(metrics)).map(({ name, value }) => [name, value]));
  return { kernel, watch, lines, headlines, values };
}

describe("ClockWatch", () => {
  it("has the kernel's figures as of each look", async () => {
    const { kernel, values } = watching(RIGHT);
    expect(await values()).toEqual({
      acct_agent_clock_synchronized: 1,
      acct_agent_clock_estimated_error_seconds: 0.002,
      acct_agent_clock_max_error_seconds: 0.25,
    });
    kernel.state = WRONG;
    expect(await values()).toMatchObject({ acct_agent_clock_synchronized: 0, acct_agent_clock_max_error_seconds: 16 });
  });

  it("has no figures while the kernel does not answer, rather than zeros", async () => {
    const { kernel, values, headlines } = watching(null);
    expect(await values()).toEqual({});
    kernel.state = RIGHT;
    expect(await values()).toMatchObject({ acct_agent_clock_synchronized: 1 });
    kernel.state = null;
    expect([await values(), headlines()]).toEqual([{}, []]);
  });

  it("logs when it is not synchronised any more and when it is again, once each, and nothing of a right clock", async () => {
    const { kernel, watch, values, headlines, lines } = watching(RIGHT);
    const said: string[][] = [];
    for (const state of [RIGHT, WRONG, null, WRONG, RIGHT, RIGHT, WRONG]) {
      kernel.state = state;
      expect(watch.observe()).toBe(state);
      await values();
      said.push(headlines().slice(said.flat().length));
    }
    expect(said).toEqual([[], [LOST], [], [], [FOUND], [], [LOST]]);
    expect(lines[0]).toMatchObject({ max_error_seconds: 16 });
  });

  it("logs at the first look at a host that nobody synchronises", () => {
    const { watch, headlines } = watching(WRONG);
    expect(headlines()).toEqual([]);
    watch.observe();
    expect(headlines()).toEqual([LOST]);
  });
});

describe("a line for people", () => {
  it.each([
    [RIGHT, "synchronised, at most 0.250 s off"],
    [WRONG, "not synchronised, as far as the kernel knows; run chrony, ntpd or systemd-timesyncd"],
    [null, "the kernel does not tell whether it is synchronised"],
  ])("says what %j means", (state, text) => {
    expect(describeClock(state)).toBe(text);
  });
});
