// What is read ahead of the pushes, and when the acceptance of what was pushed is on disk.

import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MAX_REQUEST_SAMPLES, type OutboxRequest } from "../../../src/ship/outbox.ts";
import { ReadAhead } from "../../../src/ship/read-ahead.ts";
import { MemoryOutbox } from "./memory-outbox.ts";
import { gate } from "./ship-fixture.ts";

const WINDOW_MS = 60_000;

/** Full by default, so that it may have others of its window behind it. */
function requestOf(id: number, window: number, changes: Partial<OutboxRequest> = {}): OutboxRequest {
  const body = Buffer.from(`body ${id}`);
  return { id, windowEndMs: window * WINDOW_MS, kind: "counter", samples: MAX_REQUEST_SAMPLES, body, ...changes };
}

function ofOneWindow(count: number): OutboxRequest[] {
  return Array.from({ length: count }, (_, index) => requestOf(index + 1, 1));
}

function readAheadOf(requests: readonly OutboxRequest[], { isStrict = true } = {}) {
  const outbox = new MemoryOutbox();
  outbox.append(...requests);
  const options = { endpoint: "central", outbox, maxJoinedSamples: 0 };
  const ahead = new ReadAhead({ ...options, form: () => "stored", isStrict: () => isStrict });
  /** Accepts the next `count`, and returns their ids. */
  const accept = async (count: number): Promise<number[]> => {
    const ids: number[] = [];
    for (let request = await ahead.next(); request !== null && ids.length < count; request = await ahead.next()) {
      ids.push(request.id);
      ahead.accepted(request);
      if (ids.length === count) break;
    }
    return ids;
  };
  return { outbox, ahead, accept };
}

describe("reading ahead", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("gives the same request until it is accepted, then all in order, and null when all is durable", async () => {
    const { outbox, ahead, accept } = readAheadOf(ofOneWindow(40));
    expect((await ahead.next())?.id).toBe(1);
    expect((await ahead.next())?.id).toBe(1);
    expect(await accept(100)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
    expect(await ahead.next()).toBeNull();
    expect(outbox.pending("central")).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
    outbox.append(requestOf(41, 2));
    expect(await accept(1)).toEqual([41]);
  });

  it("makes one commit for several requests of a window", async () => {
    const { outbox, ahead, accept } = readAheadOf(ofOneWindow(40));
    await accept(40);
    expect(await ahead.next()).toBeNull();
    expect(outbox.commits.length).toBeLessThanOrEqual(6);
    expect(outbox.commits.at(-1)).toBe(40);
  });

  it("never waits for the ledger while it has something to give, and gives 16 at most before a commit", async () => {
    const { outbox, ahead, accept } = readAheadOf(ofOneWindow(40));
    await accept(1);
    const { opened, open } = gate();
    outbox.busy = opened;
    expect(await accept(15)).toHaveLength(15);
    let given = false;
    const next = ahead.next().then((request) => {
      given = true;
      return request;
    });
    await vi.advanceTimersByTimeAsync(1000);
    expect([given, outbox.commits]).toEqual([false, []]);
    open();
    expect((await next)?.id).toBe(17);
    expect(outbox.commits.length).toBeGreaterThan(0);
  });

  it.each([
    ["a later window", requestOf(2, 2)],
    ["counters behind those that are not full: these may have started with an earlier total", requestOf(2, 1)],
  ])("gives %s only when what is before is durable", async (_, second) => {
    const { outbox, ahead, accept } = readAheadOf([requestOf(1, 1, { samples: 3 }), second]);
    await accept(1);
    expect(outbox.commits).toEqual([]);
    expect((await ahead.next())?.id).toBe(2);
    expect(outbox.commits).toEqual([1]);
  });

  it.each(["interval", "self"] as const)("gives a window's %s samples without waiting", async (kind) => {
    const { outbox, ahead, accept } = readAheadOf([requestOf(1, 1, { samples: 3 }), requestOf(2, 1, { kind })]);
    await accept(1);
    expect((await ahead.next())?.id).toBe(2);
    expect(outbox.commits).toEqual([]);
  });

  it("waits for no window where the receiver takes old samples again", async () => {
    const windows = Array.from({ length: 10 }, (_, index) => requestOf(index + 1, index + 1));
    const { outbox, ahead, accept } = readAheadOf(windows, { isStrict: false });
    expect(await accept(10)).toHaveLength(10);
    expect(outbox.commits).toEqual([]);
    expect(await ahead.next()).toBeNull();
    expect(outbox.commits).toEqual([10]);
  });

  it("makes an acceptance durable 250 ms later, whatever happens meanwhile", async () => {
    const { outbox, accept } = readAheadOf(ofOneWindow(3));
    await accept(2);
    await vi.advanceTimersByTimeAsync(249);
    expect(outbox.commits).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(outbox.commits).toEqual([2]);
  });

  it("makes all durable that was accepted when it is flushed, also what came while the ledger was busy", async () => {
    const { outbox, ahead, accept } = readAheadOf(ofOneWindow(3));
    await accept(1);
    const { opened, open } = gate();
    outbox.busy = opened;
    await vi.advanceTimersByTimeAsync(250);
    await accept(1);
    const flushed = ahead.flush();
    open();
    await flushed;
    expect(outbox.commits).toEqual([1, 2]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("tells with the next call what the ledger refused in the background, and tries it once more", async () => {
    const { outbox, ahead, accept } = readAheadOf(ofOneWindow(3));
    await accept(1);
    const refused = { method: "accepted", error: new Error("disk is full") } as const;
    outbox.failures.push(refused, refused);
    await vi.advanceTimersByTimeAsync(250);
    await expect(ahead.next()).rejects.toThrow("disk is full");
    expect(outbox.commits).toEqual([]);
    expect((await ahead.next())?.id).toBe(2);
    expect(outbox.commits).toEqual([1]);
  });

  it("parks with what was accepted before, in one commit", async () => {
    const { outbox, ahead, accept } = readAheadOf(ofOneWindow(3));
    await accept(1);
    const second = await ahead.next();
    if (second !== null) await ahead.park(second, []);
    expect(outbox.commits).toEqual([2]);
    expect((await ahead.next())?.id).toBe(3);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("reads again behind what was accepted when it is restarted, whatever was under way", async () => {
    const { outbox, ahead, accept } = readAheadOf(ofOneWindow(40));
    await accept(5);
    const { opened, open } = gate();
    outbox.busy = opened;
    await accept(4);
    ahead.restart();
    open();
    expect(await accept(100)).toEqual(Array.from({ length: 31 }, (_, index) => index + 10));
    expect(outbox.pending("central")).toBe(0);
  });

  it("lets a crash send nothing again but requests with no newer sample of their series, and 16 at most", async () => {
    const shape = fc.array(
      fc.record({ requests: fc.integer({ min: 1, max: 30 }), last: fc.integer({ min: 1, max: 2_000 }) }),
      {
        minLength: 1,
        maxLength: 6,
      },
    );
    await fc.assert(
      fc.asyncProperty(shape, async (windows) => {
        const requests = windows.flatMap(({ requests: count, last }, window) =>
          Array.from({ length: count }, (_, place) => ({
            window: window + 1,
            samples: place === count - 1 ? last : 2_000,
          })),
        );
        const stored = requests.map(({ window, samples }, index) => requestOf(index + 1, window, { samples }));
        const { outbox, ahead } = readAheadOf(stored);
        const pushed: OutboxRequest[] = [];
        for (let request = await ahead.next(); request !== null; request = await ahead.next()) {
          pushed.push(request);
          const again = pushed.filter(({ id }) => id > (outbox.commits.at(-1) ?? 0));
          expect(new Set(again.map(({ windowEndMs }) => windowEndMs)).size).toBe(1);
          expect(again.length).toBeLessThanOrEqual(17);
          ahead.accepted(request);
        }
        expect(pushed.map(({ id }) => id)).toEqual(stored.map(({ id }) => id));
        expect(outbox.pending("central")).toBe(0);
      }),
      { numRuns: 50 },
    );
  });
});
