// The system's clock is set while the kernel counts: every packet is still counted once, no window changes after it was
// handed over, and windows around a step say so.

import { expect, it } from "vitest";
import { addTotals, emptyTotals } from "../../src/model/window.ts";
import { NetworkPair } from "../support/netns.ts";
import { liveDescribe } from "../support/require-root.ts";
import { ShiftedClock } from "../support/shifted-clock.ts";
import { Traffic } from "../support/traffic.ts";
import { everything } from "./ebpf-kernel.ts";
import { type CapturedWindow, LiveCapture, livePaths, TestLedger } from "./live-capture.ts";

const WINDOW_MS = 1_000;
const RATE = 5_000;
const options = { networks: [everything], windowMs: WINDOW_MS, ...livePaths["ebpf at TCX"] };

interface Story {
  readonly windows: readonly CapturedWindow[];
  readonly observedMs: number;
  readonly elapsedMs: number;
}

/** Fails unless each source handed each window over once, in order. */
function expectInOrder(windows: readonly CapturedWindow[]): void {
  for (const source of new Set(windows.map((window) => window.source))) {
    const starts = windows.filter((window) => window.source === source).map(({ startMs }) => startMs);
    expect(starts).toEqual([...new Set(starts)].toSorted((a, b) => a - b));
  }
}

/** Time is claimed as it passed, not as the clock says. */
function expectHonest({ observedMs, elapsedMs }: Story): void {
  expect(observedMs).toBeLessThanOrEqual(elapsedMs + 350);
  expect(observedMs).toBeGreaterThan(elapsedMs - 1_350);
}

/** Fails unless the windows around the step, and no others, are marked with its size. */
function expectMarked({ windows }: Story, untouched: number, stepMs: number): void {
  const marked = windows.filter(({ quality }) => quality.clockStepMs !== 0);
  expect(marked.length).toBeGreaterThan(0);
  for (const { quality } of marked) expect(Math.abs(quality.clockStepMs - Math.abs(stepMs))).toBeLessThan(50);
  expect(windows.slice(0, untouched).filter((window) => marked.includes(window))).toEqual([]);
  expect(windows.at(-1)?.quality.clockStepMs).toBe(0);
}

/** What a ledger makes of it: a window of a source that comes again, because its first taker died, counts once. */
function storyOf(captures: readonly LiveCapture[], startedMs: number): Story {
  const known = new Map<string, CapturedWindow>();
  for (const window of captures.flatMap((live) => live.windows)) {
    const key = `${window.source} ${window.startMs}`;
    if (!known.has(key)) known.set(key, window);
  }
  const windows = [...known.values()];
  const observedMs = windows.reduce((sum, { quality }) => sum + quality.observedMs, 0);
  return { windows, observedMs, elapsedMs: performance.now() - startedMs };
}

liveDescribe("The kernel's capture when the clock is set", () => {
  it.each([300, -300, 900, -900])("follows %i ms while it runs", async (aheadMs) => {
    await using pair = await NetworkPair.create({ offloads: false });
    await using clock = await ShiftedClock.create();
    await using live = await LiveCapture.running(pair.edge, { ...options, env: clock.env });
    const startedMs = performance.now();
    await using traffic = await Traffic.start(pair.peer, { rate: RATE, hosts: 10 });
    await live.whileAlive("two windows", () => live.windows.length >= 2);
    clock.set(aheadMs);
    await live.whileAlive("five windows", () => live.windows.length >= 5);
    const { sent, ipBytes } = await traffic.stop();
    await live.stop();
    expect(live.totals).toMatchObject({ frames: sent, ipBytes, unaccountedPackets: 0 });
    expect(live.rows["10.0.0.3 everything"]?.[1]).toBe(Math.floor((sent + 6) / 10));
    const story = storyOf([live], startedMs);
    expectInOrder(story.windows);
    expect(story.windows.filter(({ quality }) => quality.clockStepMs !== 0)).toEqual([]);
    expect(live.logged("the clock was set")).toEqual([]);
  });

  it.each([5_000, -5_000, 3_600_000, -3_600_000])(
    "starts another source after %i ms while it runs",
    async (aheadMs) => {
      await using pair = await NetworkPair.create({ offloads: false });
      await using clock = await ShiftedClock.create();
      await using live = await LiveCapture.running(pair.edge, { ...options, env: clock.env });
      const startedMs = performance.now();
      await using traffic = await Traffic.start(pair.peer, { rate: RATE, hosts: 10 });
      await live.whileAlive("two windows", () => live.windows.length >= 2);
      const untouched = live.windows.length;
      clock.set(aheadMs);
      await live.whileAlive("seven windows", () => live.windows.length >= 7);
      const { sent, ipBytes } = await traffic.stop();
      expect(await live.metric("acct_capture_clock_steps_total")).toBe(1);
      await live.stop();
      const story = storyOf([live], startedMs);
      expect(live.totals).toMatchObject({ frames: sent, ipBytes, unaccountedPackets: 0 });
      expectInOrder(story.windows);
      expectHonest(story);
      expectMarked(story, untouched, aheadMs);
      const [step, ...others] = live.logged("the clock was set");
      expect(Math.abs(Number(step?.["step_ms"]) - aheadMs)).toBeLessThan(50);
      expect(others).toEqual([]);
      expect(live.logged("disagree")).toEqual([]);
    },
  );

  it.each([300, -300, 5_000, -5_000, 3_600_000, -3_600_000])(
    "is exact after %i ms while no agent runs",
    async (aheadMs) => {
      await using pair = await NetworkPair.create({ offloads: false });
      await using clock = await ShiftedClock.create();
      using ledger = new TestLedger();
      const { ledgerId, stateDir } = ledger;
      const all = { ...options, ledgerId, stateDir, env: clock.env };
      await using first = await LiveCapture.running(pair.edge, all);
      const startedMs = performance.now();
      await using traffic = await Traffic.start(pair.peer, { rate: RATE, hosts: 10 });
      await first.whileAlive("two windows", () => first.windows.length >= 2);
      first.kill();
      await first.ended;
      const untouched = first.windows.length;
      clock.set(aheadMs);
      await using second = await LiveCapture.running(pair.edge, all);
      await second.whileAlive("four windows", () => second.windows.length >= 4);
      const { sent, ipBytes } = await traffic.stop();
      const isStep = Math.abs(aheadMs) > 1_000;
      expect(await second.metric("acct_capture_clock_steps_total")).toBe(isStep ? 1 : 0);
      await second.stop();
      expect(second.adopted).toEqual([pair.edge.interface]);
      const story = storyOf([first, second], startedMs);
      const totals = story.windows.reduce((sum, window) => addTotals(sum, window.totals), emptyTotals());
      expect(totals).toMatchObject({ frames: sent, ipBytes, unaccountedPackets: 0 });
      expectInOrder(story.windows);
      expectHonest(story);
      const marked = story.windows.filter(({ quality }) => quality.clockStepMs !== 0);
      expect(marked.length > 0).toBe(isStep);
      expect(marked.filter((window) => story.windows.indexOf(window) < untouched)).toEqual([]);
      expect(second.logged("the clock was set")).toHaveLength(isStep ? 1 : 0);
    },
  );
});
