// Live capture through its windows: which window a packet is in, how capture ends, and how it takes on other networks.

import { expect, it } from "vitest";
import { completenessOf } from "../../src/model/window.ts";
import { NetworkPair } from "../support/netns.ts";
import { liveDescribe } from "../support/require-root.ts";
import { sendFrames, Traffic } from "../support/traffic.ts";
import { type CapturedWindow, LiveCapture, network } from "./live-capture.ts";

const WINDOW_MS = 1_000;
const acme = network("acme", "10.0.0.0/8");
const globex = network("globex", "10.0.0.0/8");
const networks = [acme];

/** The closed windows that were observed as a whole. */
function wholeWindows({ windows }: LiveCapture): readonly CapturedWindow[] {
  return windows.filter(({ kind, quality }) => kind === "closed" && quality.observedMs === WINDOW_MS);
}

/** Fails unless the windows follow each other without a hole. */
function expectConsecutive(windows: readonly CapturedWindow[]): void {
  const [first] = windows;
  expect(windows.map(({ startMs }) => startMs)).toEqual(
    windows.map((_, index) => (first?.startMs ?? 0) + index * WINDOW_MS),
  );
}

liveDescribe("Live capture", () => {
  it("puts each packet into the window in which it came, however long it waits in the ring", async () => {
    // A block of the ring stays open for a quarter of a second at this rate, or a thousand packets.
    const rate = 4_000;
    await using pair = await NetworkPair.create({ offloads: false });
    await using live = await LiveCapture.running(pair.edge, { networks });
    await using traffic = await Traffic.start(pair.peer, { rate, hosts: 100 });
    await live.whileAlive("four whole windows", () => wholeWindows(live).length >= 4);
    const { sent, ipBytes } = await traffic.stop();
    await live.stop();

    expectConsecutive(live.windows);
    expect(live.totals).toMatchObject({ frames: sent, ipBytes });
    expect(Object.keys(live.rows)).toHaveLength(100);
    // The interface's counters are read with the boundary: 20 ms of traffic is for the time between the two.
    for (const { totals, quality } of live.windows) {
      expect(Math.abs(totals.frames - (quality.interfaceFrames ?? Number.NaN))).toBeLessThanOrEqual(rate / 50);
    }
    const [, ...steady] = wholeWindows(live);
    for (const { totals } of steady) expect(Math.abs(totals.frames - rate)).toBeLessThanOrEqual(rate / 10);
    for (const { totals, quality } of steady) expect(completenessOf(WINDOW_MS, totals, quality)).toBe(1);
  });

  it("counts all that was sent before it stops, and stops soon", async () => {
    await using pair = await NetworkPair.create({ offloads: false });
    await using live = await LiveCapture.running(pair.edge, { networks });
    const { sent, ipBytes } = await sendFrames(pair.peer, { count: 5_000, hosts: 3 });
    const stopMs = await live.stop();
    expect(live.totals).toMatchObject({ frames: sent, ipPackets: sent, ipBytes });
    expect(live.windows.at(-1)).toMatchObject({ kind: "open" });
    expect(stopMs).toBeLessThan(3_000);
    expect(live.children).toEqual([]);
    expect(live.stderr).toBe("");
  });

  it("observes all the time from start to stop", async () => {
    await using pair = await NetworkPair.create();
    await using live = await LiveCapture.running(pair.edge, { networks });
    const startedMs = performance.now();
    await live.whileAlive("a whole window", () => wholeWindows(live).length > 0);
    const elapsedMs = performance.now() - startedMs;
    await live.stop();
    expectConsecutive(live.windows);
    // The first window starts a little before the test hears of it, the last ends when the order to stop arrives.
    expect(live.observedMs).toBeGreaterThan(elapsedMs - 100);
    expect(live.observedMs).toBeLessThan(elapsedMs + 600);
  });

  it("stops soon when it has only just started", async () => {
    await using pair = await NetworkPair.create();
    await using live = LiveCapture.start(pair.edge, { networks });
    await live.status();
    expect(live.children).toHaveLength(1);
    expect(await live.stop()).toBeLessThan(3_000);
    expect(live.logged("capture ended")).toEqual([]);
    expect(live.children).toEqual([]);
  });

  it("takes on other networks at a window's end, and loses nothing", async () => {
    await using pair = await NetworkPair.create({ offloads: false });
    await using live = await LiveCapture.running(pair.edge, { networks });
    await using traffic = await Traffic.start(pair.peer, { rate: 20_000 });
    await live.whileAlive("a whole window", () => wholeWindows(live).length > 0);
    live.reload([network("unused", "192.0.2.0/24"), globex]);
    await live.whileAlive("a whole window of the other networks", () => live.windows.at(-1)?.networks.length === 2);
    live.reload([globex]);
    await live.whileAlive("a window of the last networks", () => live.windows.at(-1)?.networks.join() === "globex");
    const { sent, ipBytes } = await traffic.stop();
    await live.stop();

    expectConsecutive(live.windows);
    expect(live.totals).toMatchObject({ frames: sent, ipBytes, unaccountedPackets: 0 });
    for (const window of live.windows) {
      const name = window.networks.includes("acme") ? "acme" : "globex";
      expect(Object.keys(window.rows).filter((row) => row !== `10.0.0.0 ${name}`)).toEqual([]);
    }
    expect(Object.keys(live.rows)).toEqual(["10.0.0.0 acme", "10.0.0.0 globex"]);
  });

  it("takes on networks that come while it starts", async () => {
    await using pair = await NetworkPair.create();
    await using live = LiveCapture.start(pair.edge, { networks });
    await live.status();
    live.reload([globex]);
    // Its first window may have begun before.
    await live.whileAlive("three windows", () => live.windows.length >= 3);
    await live.stop();
    expect(live.windows.at(-1)?.networks).toEqual(["globex"]);
  });

  it("captures one interface while it cannot capture another", async () => {
    await using pair = await NetworkPair.create();
    await using live = LiveCapture.start(pair.edge, { networks, interfaces: ["missing0", pair.edge.interface] });
    await live.whileAlive("both to be tried", async () => {
      const [missing, present] = (await live.status()).state;
      return missing?.reason !== null && present?.capturing === true && live.starts === 1;
    });
    const { sent } = await sendFrames(pair.peer, { count: 100 });
    await live.stop();
    expect(live.totals.frames).toBe(sent);
    expect(new Set(live.windows.map((window) => window.interface))).toEqual(new Set([pair.edge.interface]));
  });
});
