import { describe, expect, it, vi } from "vitest";

import { gate, LOST, queueOf, windowOf } from "./queueing.ts";

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
    const closed = queue.closed(windowOf(1)).then(() => (resolved = true));
    await Promise.resolve();
    expect([resolved, told]).toEqual([false, []]);
    open();
    await closed;
    expect(told).toEqual(["committed 1"]);
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
    await done;
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
    await done;
    expect(told.filter((line) => line.startsWith("lost"))).toEqual(["lost 1"]);
    expect(told.filter((line) => line.startsWith("committed"))).toHaveLength(60);
  });
});
