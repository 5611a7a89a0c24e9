// How the parts of one or several capture children become windows.

import { describe, expect, it } from "vitest";
import type { WindowPart } from "../../../../src/capture/pcap/live-meter.ts";
import { WindowAssembler } from "../../../../src/capture/pcap/window-assembler.ts";
import { completenessOf } from "../../../../src/model/window.ts";
import { metered, packet, REMOTE } from "../metering.ts";
import { acme, globex, START_MS, WINDOW_MS } from "./metering-live.ts";

/** A part with one packet of 100 bytes to network 0 that covers `fromMs` to `toMs` of the window at START_MS. */
function part(fromMs: number, toMs: number, fields: Partial<WindowPart> = {}): WindowPart {
  return {
    startMs: START_MS,
    endMs: START_MS + WINDOW_MS,
    fromMs: START_MS + fromMs,
    toMs: START_MS + toMs,
    last: toMs === WINDOW_MS,
    networksVersion: 0,
    ...metered([packet(REMOTE, "192.0.2.1", 100)]),
    droppedFrames: 0,
    interfaceFrames: 1,
    boundaryDelayMs: 0,
    ...fields,
  };
}

/** The same for the window after it. */
function nextPart(fromMs: number, toMs: number): WindowPart {
  const [startMs, endMs] = [START_MS + WINDOW_MS, START_MS + 2 * WINDOW_MS];
  return { ...part(fromMs, toMs), startMs, endMs, fromMs: startMs + fromMs, toMs: startMs + toMs };
}

function assembler(maxAddresses = 100): WindowAssembler {
  const made = new WindowAssembler("eth0", maxAddresses);
  made.setNetworks(0, [acme, globex]);
  return made;
}

describe("WindowAssembler", () => {
  it("adds up a window's parts and closes it with its last", () => {
    const assembled = assembler();
    expect(assembled.add(part(0, 1_000))).toEqual([]);
    expect(assembled.add(part(1_000, 59_000, { droppedFrames: 3, interfaceFrames: 4 }))).toEqual([]);
    expect(assembled.pendingEndMs).toBe(START_MS + WINDOW_MS);
    const [window, ...others] = assembled.add(part(59_000, 60_000));
    expect(others).toEqual([]);
    expect(window).toMatchObject({
      interface: "eth0",
      source: null,
      startMs: START_MS,
      endMs: START_MS + WINDOW_MS,
      networks: ["acme", "globex"],
      totals: { frames: 3, ipBytes: 300 },
      usage: { length: 1, bytesIn: new Float64Array([300]), packetsIn: new Float64Array([3]) },
      quality: { observedMs: 60_000, droppedFrames: 3, interfaceFrames: 6, clockStepMs: 0 },
    });
    expect(assembled.pendingEndMs).toBeNull();
    expect(assembled.take()).toEqual([]);
  });

  it("observes only what the parts of several children cover", () => {
    const assembled = assembler();
    assembled.add(part(0, 20_000));
    assembled.add(part(35_000, 50_000));
    const [window] = assembled.add(part(50_000, 60_000));
    expect(window?.quality.observedMs).toBe(45_000);
    expect(window && completenessOf(WINDOW_MS, window.totals, window.quality)).toBe(0.75);
  });

  it("closes a window that lost its last part when a later one begins", () => {
    const assembled = assembler();
    assembled.add(part(0, 20_000));
    const closed = assembled.add(nextPart(5_000, 6_000));
    expect(closed.map(({ startMs, quality }) => [startMs, quality.observedMs])).toEqual([[START_MS, 20_000]]);
    expect(assembled.take()).toMatchObject([{ startMs: START_MS + WINDOW_MS, quality: { observedMs: 1_000 } }]);
  });

  it("closes both a window that lost its last part and the one that the part itself ends", () => {
    const assembled = assembler();
    assembled.add(part(0, 20_000));
    const closed = assembled.add(nextPart(5_000, 60_000));
    expect(closed.map(({ startMs }) => startMs)).toEqual([START_MS, START_MS + WINDOW_MS]);
  });

  it("closes the earlier list's part of a window when its networks change within it", () => {
    const assembled = assembler();
    assembled.setNetworks(1, [globex]);
    assembled.add(part(0, 20_000));
    const [before, ...others] = assembled.add(part(21_000, 30_000, { networksVersion: 1 }));
    expect(others).toEqual([]);
    expect(before).toMatchObject({ startMs: START_MS, networks: ["acme", "globex"], totals: { ipBytes: 100 } });
    const [after] = assembled.add(part(30_000, 60_000, { networksVersion: 1 }));
    expect(after).toMatchObject({ startMs: START_MS, networks: ["globex"], totals: { ipBytes: 200 } });
    expect(after?.quality.observedMs).toBe(39_000);
  });

  it.each(["droppedFrames", "interfaceFrames"] as const)("does not know %s of which one part is not known", (name) => {
    const assembled = assembler();
    assembled.add(part(0, 1_000, { [name]: 5 }));
    assembled.add(part(1_000, 2_000, { [name]: null }));
    const [window] = assembled.add(part(2_000, 60_000, { [name]: 7 }));
    expect(window?.quality[name]).toBeNull();
    const [next] = assembled.add(nextPart(0, 60_000));
    expect(next?.quality[name]).not.toBeNull();
  });

  it("takes the pending window early, and begins the rest of it as another", () => {
    const assembled = assembler();
    assembled.add(part(0, 20_000));
    expect(assembled.take()).toMatchObject([{ startMs: START_MS, totals: { frames: 1 } }]);
    expect(assembled.pendingEndMs).toBeNull();
    const [rest] = assembled.add(part(30_000, 60_000));
    expect(rest).toMatchObject({ startMs: START_MS, totals: { frames: 1 }, quality: { observedMs: 30_000 } });
  });

  it("keeps as overflow of its network what several children's addresses need more room for", () => {
    const assembled = assembler(1);
    assembled.add(part(0, 20_000));
    const [window] = assembled.add(part(30_000, 60_000, metered([packet(REMOTE, "192.0.2.2", 7)])));
    expect(window?.totals).toMatchObject({ ipBytes: 107, overflowBytes: 7, overflowPackets: 1 });
    expect([...(window?.usage.bytesIn ?? [])]).toEqual([100, 7]);
  });
});
