// The window queue over its real pause between two tries.

import { describe, it } from "vitest";

import { LOST, numberOf, queueOf, windowOf } from "../unit/ledger/queueing.ts";

describe("a ledger that refuses", () => {
  it.concurrent("is tried again with the same window, which later ones do not overtake", async ({ expect }) => {
    const { queue, ledger, told, headlines, lines } = queueOf();
    ledger.script.push(new Error("disk full"));
    const startedMs = performance.now();
    await Promise.all([queue.closed(windowOf(1)), queue.closed(windowOf(2))]);
    expect(performance.now() - startedMs).toBeGreaterThan(4_900);
    expect(ledger.calls).toEqual(["close 1 live", "close 1 live", "close 2 live"]);
    expect(told).toEqual(["failed", "committed 1", "committed 2"]);
    expect(headlines()).toEqual([
      "error: cannot commit a window, trying again",
      "info: the ledger accepts windows again",
    ]);
    expect(lines[0]).toMatchObject({ interface: "eth0", window_start: "1970-01-01T00:01:00.000Z" });
  });

  it.concurrent("costs the oldest window when the queue is full, loudly, and no other", async ({ expect }) => {
    const { queue, ledger, told, headlines, lines } = queueOf();
    ledger.script.push(new Error("disk full"));
    const windows = Array.from({ length: 61 }, (_, index) => windowOf(index + 1));
    const done = Promise.all(windows.map((window) => queue.closed(window)));
    expect(told).toContain("lost 1");
    await done;
    expect(told.filter((line) => line.startsWith("lost"))).toEqual(["lost 1"]);
    expect(told.filter((line) => line.startsWith("committed"))).toEqual(
      windows.slice(1).map((window) => `committed ${numberOf(window)}`),
    );
    expect(headlines()).toContain(LOST);
    expect(lines.find(({ msg }) => msg.includes("lost"))).toMatchObject({ ip_bytes: 5, interface: "eth0" });
  });
});
