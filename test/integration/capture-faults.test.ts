// Live capture when something breaks: its child, its interface, or the agent around it.

import { expect, it } from "vitest";
import { completenessOf } from "../../src/model/window.ts";
import { Namespace, NetworkPair } from "../support/netns.ts";
import { liveDescribe } from "../support/require-root.ts";
import { sendFrames, Traffic } from "../support/traffic.ts";
import { waitFor } from "../support/wait-for.ts";
import { type CapturedWindow, isRunning, LiveCapture, network } from "./live-capture.ts";

const acme = network("acme", "10.0.0.0/8");
const networks = [acme];
const ROW = "10.0.0.0 acme";

function gapMs(live: LiveCapture): number {
  return live.logged("gap").reduce((sum, line) => sum + Number(line["gap_ms"]), 0);
}

async function expectGapReported(live: LiveCapture): Promise<void> {
  await live.whileAlive("the gap to be reported", () => gapMs(live) > 0);
  expect(await live.metric("acct_capture_gap_seconds_total")).toBeCloseTo(gapMs(live) / 1_000, 6);
  expect(await live.metric("acct_capture_up")).toBe(1);
}

function isWhole({ quality }: CapturedWindow): boolean {
  return quality.observedMs === 1_000;
}

async function packetsIn(live: LiveCapture): Promise<number> {
  return live.metric("acct_capture_frames_total");
}

/** A cable with both ends in the edge's namespace, which can go away and come back while the pair stays. */
class Cable {
  readonly near: Namespace;
  readonly far: Namespace;

  constructor(pair: NetworkPair) {
    this.near = new Namespace(pair.edge.name, "near7", 1);
    this.far = new Namespace(pair.edge.name, "far7", 2);
  }

  async add(): Promise<void> {
    await this.near.exec("ip", ["link", "add", "near7", "type", "veth", "peer", "name", "far7"]);
    for (const end of ["near7", "far7"]) {
      await this.near.exec("ip", ["link", "set", end, "multicast", "off", "arp", "off", "up"]);
    }
  }

  async remove(): Promise<void> {
    await this.near.exec("ip", ["link", "delete", "near7"]);
  }
}

async function setLink(namespace: Namespace, state: "up" | "down"): Promise<void> {
  await namespace.exec("ip", ["link", "set", "dev", namespace.interface, state]);
}

liveDescribe("Live capture when something breaks", () => {
  it("starts a killed child again, reports the gap and counts what comes later", async () => {
    await using pair = await NetworkPair.create({ offloads: false });
    await using live = await LiveCapture.running(pair.edge, { networks });
    const before = await sendFrames(pair.peer, { count: 700 });
    await live.whileAlive("the first window", () => live.windows.length === 1);
    await live.whileAlive("these to be counted", async () => (await packetsIn(live)) === before.sent);
    process.kill(live.child, "SIGKILL");
    const reason = await waitFor("a reason", () => live.reason());
    expect(reason).toBe("SIGKILL");
    expect(await live.metric("acct_capture_up")).toBe(0);
    await live.whileAlive("capture to start again", () => live.starts === 2);
    expect(await live.reason()).toBeNull();
    const after = await sendFrames(pair.peer, { count: 1_100 });
    await expectGapReported(live);
    expect(await live.metric("acct_capture_restarts_total")).toBe(1);
    await live.whileAlive("a whole window", () => live.windows.slice(1).some(isWhole));
    await live.stop();

    expect(live.rows[ROW]?.[1]).toBe(before.sent + after.sent);
    const [first, last] = [live.windows[0], live.windows.at(-1)];
    if (!first || !last) throw new Error("no window");
    const elapsedMs = last.startMs + last.quality.observedMs - (first.endMs - first.quality.observedMs);
    expect(live.observedMs).toBe(elapsedMs - gapMs(live));
    const within = live.windows.slice(1, -1).filter(({ quality }) => quality.observedMs < 1_000);
    expect(within.length).toBeGreaterThan(0);
    for (const { totals, quality } of within) expect(completenessOf(1_000, totals, quality)).toBeLessThan(1);
  });

  it("keeps the names of reloaded networks when the child is started again", async () => {
    await using pair = await NetworkPair.create();
    await using live = await LiveCapture.running(pair.edge, { networks });
    live.reload([network("globex", "10.0.0.0/8")]);
    process.kill(live.child, "SIGKILL");
    await live.whileAlive("capture to start again", () => live.starts === 2);
    const { sent } = await sendFrames(pair.peer, { count: 10 });
    await live.stop();
    expect(live.rows).toEqual({ "10.0.0.0 globex": [sent * 46, sent, 0, 0] });
  });

  it("survives a child that dies with orders unread", async () => {
    await using pair = await NetworkPair.create();
    await using live = await LiveCapture.running(pair.edge, { networks });
    const { child } = live;
    process.kill(child, "SIGSTOP");
    live.reload([network("globex", "10.0.0.0/8")]);
    await live.status();
    process.kill(child, "SIGKILL");
    await live.whileAlive("capture to start again", () => live.starts === 2);
    await live.stop();
    expect(live.stderr).toBe("");
  });

  it("resumes when its interface is up again", async () => {
    await using pair = await NetworkPair.create({ offloads: false });
    await using live = await LiveCapture.running(pair.edge, { networks });
    await setLink(pair.edge, "down");
    await live.whileAlive("the reason", async () => (await live.reason()) === "That device is not up");
    expect((await live.status()).state[0]?.capturing).toBe(false);
    await setLink(pair.edge, "up");
    await live.whileAlive("capture to start again", () => live.starts === 2);
    expect(await live.reason()).toBeNull();
    const { sent } = await sendFrames(pair.peer, { count: 300 });
    await expectGapReported(live);
    await live.stop();
    expect(live.rows[ROW]?.[1]).toBe(sent);
  });

  it("resumes on an interface that was deleted and made again", async () => {
    await using pair = await NetworkPair.create();
    const cable = new Cable(pair);
    await cable.add();
    await using live = await LiveCapture.running(cable.near, { networks });
    await cable.remove();
    await live.whileAlive("the reason", async () => (await live.reason()) === "there is no interface of this name");
    await cable.add();
    await live.whileAlive("capture to start again", () => live.starts === 2);
    const { sent } = await sendFrames(cable.far, { count: 300 });
    await expectGapReported(live);
    await live.stop();
    expect(live.rows[ROW]?.[1]).toBe(sent);
  });

  it("captures the new interface when one is replaced by another of its name", async () => {
    await using pair = await NetworkPair.create();
    const cable = new Cable(pair);
    await cable.add();
    await using live = await LiveCapture.running(cable.near, { networks });
    await cable.remove();
    await cable.add();
    await live.whileAlive("capture to start again", () => live.starts === 2);
    const { sent } = await sendFrames(cable.far, { count: 300 });
    await live.stop();
    expect(live.rows[ROW]?.[1]).toBe(sent);
  });

  it("waits for an interface that is missing at the start, with growing pauses", async () => {
    await using pair = await NetworkPair.create();
    const cable = new Cable(pair);
    await using live = LiveCapture.start(cable.near, { networks });
    const triedMs: number[] = [];
    for (const tries of [1, 2, 3]) {
      await live.whileAlive("a try", async () => (await live.metric("acct_capture_restarts_total")) === tries);
      triedMs.push(performance.now());
    }
    const [first = 0, second = 0, third = 0] = triedMs;
    // Half a second, then one, each with the start of a child.
    expect(second - first).toBeGreaterThan(500);
    expect(third - second - (second - first)).toBeGreaterThan(250);
    expect(await live.reason()).toBe("there is no interface of this name");
    // The same reason is not logged again.
    expect(live.logged("capture ended")).toHaveLength(1);
    await cable.add();
    await live.whileAlive("capture to start", () => live.starts === 1);
    const { sent } = await sendFrames(cable.far, { count: 300 });
    await live.stop();
    expect(live.rows[ROW]?.[1]).toBe(sent);
    expect(live.logged("gap")).toEqual([]);
  });

  it("stops at once while it waits for its interface", async () => {
    await using pair = await NetworkPair.create();
    await using live = LiveCapture.start(new Namespace(pair.edge.name, "missing0", 1), { networks });
    await live.whileAlive("two tries", async () => (await live.metric("acct_capture_restarts_total")) === 2);
    expect(await live.stop()).toBeLessThan(500);
    expect(live.windows).toEqual([]);
  });

  it.each(["idle", "saturated"])("leaves no child behind when the agent is killed (%s)", async (load) => {
    await using pair = await NetworkPair.create({ offloads: false });
    await using live = await LiveCapture.running(pair.edge, { networks });
    const { child } = live;
    if (load === "saturated") {
      await Traffic.start(pair.peer, {});
      await live.whileAlive("traffic to be counted", async () => (await packetsIn(live)) > 10_000);
    }
    live.kill();
    await live.ended;
    await waitFor("the child to end", () => !isRunning(child), { timeoutMs: 1_500 });
    expect(isRunning(child)).toBe(false);
  });
});
