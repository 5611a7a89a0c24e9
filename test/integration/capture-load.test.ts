// Live capture at and beyond its limit: every frame is counted or known to be dropped, and orders are obeyed.

import { expect, it } from "vitest";
import { completenessOf } from "../../src/model/window.ts";
import { NetworkPair } from "../support/netns.ts";
import { liveDescribe } from "../support/require-root.ts";
import { sendFrames, Traffic } from "../support/traffic.ts";
import { LiveCapture, network, residentBytes } from "./live-capture.ts";

const MIB = 1 << 20;
const networks = [network("acme", "10.0.0.0/8")];
const WINDOW_MS = 1_000;

/** Completeness is below 1 in exactly the windows in which something is missing. */
function expectCompletenessTold({ windows }: LiveCapture): void {
  for (const { totals, quality } of windows) {
    const missing = quality.droppedFrames !== 0 || quality.observedMs < WINDOW_MS;
    expect(completenessOf(WINDOW_MS, totals, quality) < 1).toBe(missing);
  }
}

/**
 * A sender at top speed, and for the child a quarter of a processor, on which it cannot keep up: its ring is full and its
 * event loop does not turn.
 */
async function saturate(pair: NetworkPair, child: number): Promise<Traffic> {
  await pair.edge.exec("taskset", ["--all-tasks", "--cpu-list", "--pid", "0", String(child)]);
  for (const _ of [1, 2, 3]) pair.edge.spawn("taskset", ["--cpu-list", "0", "sh", "-c", "while :; do :; done"]);
  return Traffic.start(pair.peer, { hosts: 10_000 });
}

liveDescribe("Live capture under load", () => {
  it("knows every frame that found no room in the ring", async () => {
    await using pair = await NetworkPair.create({ offloads: false });
    await using live = await LiveCapture.running(pair.edge, { networks, ringBytes: 2 * MIB });
    const before = await sendFrames(pair.peer, { count: 1_000 });
    const { child } = live;
    process.kill(child, "SIGSTOP");
    // Two seconds, so that whole windows pass meanwhile.
    const meanwhile = await sendFrames(pair.peer, { count: 100_000, rate: 50_000 });
    process.kill(child, "SIGCONT");
    await live.whileAlive(
      "the ring to be emptied",
      async () => (await live.metric("acct_capture_frames_total")) > 1_000,
    );
    const after = await sendFrames(pair.peer, { count: 1_000 });
    const sent = before.sent + meanwhile.sent + after.sent;
    await live.stop();

    expect(live.droppedFrames).toBeGreaterThan(50_000);
    // The ring holds them packed: slots of the snap length would hold thirty.
    expect(live.totals.frames).toBeGreaterThan(10_000);
    expect(live.totals.frames + live.droppedFrames).toBe(sent);
    expectCompletenessTold(live);
    expect(live.logged("noticed late").length).toBeGreaterThan(0);
  });

  it("hands over windows, takes on networks and keeps its memory while saturated, and counts or drops every frame", async () => {
    await using pair = await NetworkPair.create({ offloads: false });
    await using live = await LiveCapture.running(pair.edge, { networks, ringBytes: 4 * MIB });
    const { child } = live;
    await using traffic = await saturate(pair, child);
    await live.whileAlive("two windows", () => live.windows.length >= 2);
    const memory = residentBytes(child);
    const reloadedMs = performance.now();
    live.reload([network("globex", "10.0.0.0/8")]);
    await live.whileAlive("other networks", () => live.windows.at(-1)?.networks[0] === "globex");
    // At the next window's end it begins, at the one after it is handed over.
    expect(performance.now() - reloadedMs).toBeLessThan(3_500);
    await live.whileAlive("six windows", () => live.windows.length >= 6);
    const grown = residentBytes(child) - memory;
    const { sent } = await traffic.stop();
    await live.stop();

    expect(sent).toBeGreaterThan(1_000_000);
    expect(live.droppedFrames).toBeGreaterThan(live.totals.frames / 10);
    expect(live.totals.frames + live.droppedFrames).toBe(sent);
    expect(live.totals.ipBytes).toBe(live.totals.frames * 46);
    expectCompletenessTold(live);
    expect(grown).toBeLessThan(16 * MIB);
    expect(memory + grown).toBeLessThan(150 * MIB);
    const starts = live.windows.map(({ startMs }) => startMs);
    expect(starts).toEqual(starts.map((_, index) => (starts[0] ?? 0) + index * WINDOW_MS));
  });

  it("stops soon while saturated", async () => {
    await using pair = await NetworkPair.create({ offloads: false });
    await using live = await LiveCapture.running(pair.edge, { networks, ringBytes: 16 * MIB });
    await using _traffic = await saturate(pair, live.child);
    await live.whileAlive("a window", () => live.totals.frames > 0);
    expect(await live.stop()).toBeLessThan(3_000);
    expect(live.logged("capture ended")).toEqual([]);
    expect(live.windows.at(-1)?.kind).toBe("open");
  });
});
