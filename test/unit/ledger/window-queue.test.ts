import { describe, expect, it, vi } from "vitest";

import { ALREADY_THERE, gate, keptWindowOf, LOST, queueOf, STAYS, windowOf } from "./queueing.ts";

describe("a window queue", () => {
  it("commits one window at a time, in order, closed ones as live and open ones as held", async () => {
    const { queue, ledger, told } = queueOf();
    await Promise.all([queue.closed(windowOf(1)), queue.closed(windowOf(2)), queue.open(windowOf(3))]);
    expect(ledger.calls).toEqual(["close 1 live", "close 2 live", "hold 3"]);
    expect(ledger.maxInFlight).toBe(1);
    expect(told).toEqual(["committed 1", "committed 2", "committed 3"]);
  });

  it("resolves a window when it is on disk, not before", async () => {
    const { queue, ledger, told } = queueOf();
    const { opened, open } = gate();
    ledger.script.push(opened);
    let resolved = false;
    const closed = queue.closed(windowOf(1)).then((onDisk) => (resolved = onDisk));
    await Promise.resolve();
    expect([resolved, told]).toEqual([false, []]);
    open();
    expect(await closed).toBe(true);
    expect(told).toEqual(["committed 1"]);
  });

  it("takes what the ledger has already as on disk", async () => {
    const { queue, ledger, told } = queueOf();
    ledger.script.push(ALREADY_THERE);
    expect(await Promise.all([queue.closed(keptWindowOf(1)), queue.open(keptWindowOf(2))])).toEqual([true, true]);
    expect(told).toEqual(["known 1", "committed 2"]);
  });

  it("tells from when on it has windows", async () => {
    const { queue, ledger } = queueOf();
    expect(queue.pendingFromMs).toBeNull();
    const { opened, open } = gate();
    ledger.script.push(opened);
    const done = Promise.all([queue.closed(windowOf(2)), queue.closed(windowOf(1)), queue.open(windowOf(3))]);
    expect(queue.pendingFromMs).toBe(60_000);
    open();
    await done;
    expect(queue.pendingFromMs).toBeNull();
  });

  it("takes the next window from one who waited for the one before", async () => {
    const { queue, told } = queueOf();
    for (const number of [1, 2, 3]) await queue.closed(windowOf(number));
    expect(told).toEqual(["committed 1", "committed 2", "committed 3"]);
  });

  it("is drained when nothing is queued", async () => {
    const { queue, ledger, told } = queueOf();
    await queue.drain();
    const { opened, open } = gate();
    ledger.script.push(opened);
    void queue.closed(windowOf(1));
    void queue.closed(windowOf(2));
    const drained = queue.drain().then(() => [...told]);
    open();
    expect(await drained).toEqual(["committed 1", "committed 2"]);
  });
});

describe("a ledger that refuses", () => {
  it("gets each window once more when the agent stops, and loses what it still refuses", async () => {
    const { queue, ledger, told, stop, headlines } = queueOf();
    ledger.script.push(new Error("full"), new Error("full"), Promise.resolve(), new Error("full"));
    const done = Promise.all([1, 2, 3].map((number) => queue.closed(windowOf(number))));
    await vi.waitUntil(() => told.length === 1);
    stop();
    expect(await done).toEqual([false, true, false]);
    expect(ledger.calls).toEqual(["close 1 live", "close 1 live", "close 2 live", "close 3 live"]);
    expect(told).toEqual(["failed", "failed", "lost 1", "committed 2", "failed", "lost 3"]);
    expect(headlines().filter((line) => line === LOST)).toHaveLength(2);
    await queue.drain();
  });

  it("takes no window's only try from it because a full queue lost the one being tried", async () => {
    const { queue, ledger, told, stop } = queueOf();
    const { opened, refuse } = gate();
    ledger.script.push(opened);
    const windows = Array.from({ length: 61 }, (_, index) => windowOf(index + 1));
    const done = Promise.all(windows.map((window) => queue.closed(window)));
    stop();
    refuse();
    expect(await done).toEqual(windows.map((_, index) => index > 0));
    expect(told.filter((line) => line.startsWith("lost"))).toEqual(["lost 1"]);
    expect(told.filter((line) => line.startsWith("committed"))).toHaveLength(60);
  });
});

describe("a ledger that refuses what the kernel keeps", () => {
  it("leaves it there when the agent stops, with what comes after it, and loses nothing", async () => {
    const { queue, ledger, told, stop, headlines, lines } = queueOf();
    ledger.script.push(new Error("full"), new Error("full"));
    const windows = [keptWindowOf(1), keptWindowOf(2), keptWindowOf(1, "eth1"), windowOf(3)];
    const done = Promise.all(windows.map((window) => queue.closed(window)));
    await vi.waitUntil(() => told.length === 1);
    stop();
    expect(await done).toEqual([false, false, true, true]);
    expect(ledger.calls).toEqual(["close 1 live", "close 1 live", "close 1 live", "close 3 live"]);
    expect(told).toEqual(["failed", "failed", "committed 1", "committed 3"]);
    expect(headlines().slice(1, 3)).toEqual([STAYS, STAYS]);
    expect(lines[2]).toMatchObject({ interface: "eth0", window_start: "1970-01-01T00:02:00.000Z" });
    expect(headlines()).not.toContain(LOST);
  });

  it("leaves the newest there when the queue is full, before another window is lost", async () => {
    const { queue, ledger, told, stop } = queueOf();
    const { opened, open } = gate();
    ledger.script.push(opened);
    const windows = Array.from({ length: 60 }, (_, index) => (index < 2 ? keptWindowOf(index) : windowOf(index)));
    const done = Promise.all(windows.map((window) => queue.closed(window)));
    expect(await queue.closed(keptWindowOf(60))).toBe(false);
    const last = queue.closed(windowOf(61));
    stop();
    open();
    expect(await done).toEqual(windows.map((_, index) => index !== 1));
    expect(await last).toBe(true);
    expect(told.filter((line) => line.startsWith("lost"))).toEqual([]);
  });
});
