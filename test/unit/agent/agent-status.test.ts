import { describe, expect, it } from "vitest";

import { type StatusParts, WindowBoard } from "../../../src/agent-status.ts";
import type { CaptureState } from "../../../src/capture/capture.ts";
import { windowUsage } from "../../support/window-usage.ts";

const START_MS = Date.UTC(2026, 9, 15, 12);
const ETH0: CaptureState = { interface: "eth0", backend: "pcap", capturing: true, reason: null };
const ETH1: CaptureState = { ...ETH0, interface: "eth1" };

const board = (): WindowBoard => new WindowBoard(60_000, START_MS);
const parts = (changes: Partial<StatusParts> = {}): StatusParts => ({
  instance: "edge-01",
  version: "0.1.0",
  nowMs: START_MS + 61_000,
  capture: [ETH0],
  endpoints: [{ name: "central", state: "idle", lastError: null, lastSuccessMs: null }],
  backlog: [],
  fill: null,
  clock: null,
  health: { ok: true },
  ...changes,
});

describe("health", () => {
  it("is good from the start until a window is overdue, a window and 30 s later", () => {
    expect(board().health([ETH0], START_MS + 90_000)).toEqual({ ok: true });
    const reason = "eth0: no window closed in time";
    expect(board().health([ETH0], START_MS + 90_001)).toEqual({ ok: false, reason });
  });

  it("counts from the last committed window of each interface", () => {
    const windows = board();
    windows.committed(windowUsage(START_MS + 600_000, []));
    const lateMs = START_MS + 660_000 + 90_000;
    expect(windows.health([ETH0], lateMs)).toEqual({ ok: true });
    expect(windows.health([ETH0], lateMs + 1)).toMatchObject({ ok: false });
    expect(windows.health([ETH0, ETH1], lateMs)).toEqual({ ok: false, reason: "eth1: no window closed in time" });
  });

  it("counts from later on where the last windows are old, as those that the kernel kept are", () => {
    const windows = board();
    windows.committed(windowUsage(START_MS - 3_600_000, []));
    windows.expectSince(START_MS + 300_000);
    expect(windows.health([ETH0], START_MS + 390_000)).toEqual({ ok: true });
    expect(windows.health([ETH0], START_MS + 390_001)).toMatchObject({ ok: false });
  });

  it("is bad while the ledger refuses windows, until it commits one", () => {
    const windows = board();
    windows.refused("the disk is full");
    expect(windows.health([ETH0], START_MS)).toEqual({
      ok: false,
      reason: "the ledger refuses windows: the disk is full",
    });
    windows.committed(windowUsage(START_MS, []));
    expect(windows.health([ETH0], START_MS)).toEqual({ ok: true });
  });

  it("is bad while an interface is not captured, with the reason", () => {
    const down = { ...ETH0, capturing: false, reason: "no such device" };
    expect(board().health([ETH1, down], START_MS)).toEqual({
      ok: false,
      reason: "eth0 is not captured: no such device",
    });
    expect(board().health([{ ...ETH0, capturing: false }], START_MS)).toEqual({ ok: true });
  });
});

describe("status", () => {
  it("has the keys that are a contract with other programs, and these besides", () => {
    const windows = board();
    windows.committed(windowUsage(START_MS, [{ ip: "192.0.2.1", bytesIn: 450, bytesOut: 900, packetsIn: 1 }]));
    const backlog = [{ endpoint: "central", requests: 2, samples: 30, oldestWindowEndMs: START_MS, deadLetters: 4 }];
    const status = windows.status(parts({ backlog }));
    expect(JSON.parse(JSON.stringify(status))).toEqual({
      instance: "edge-01",
      version: "0.1.0",
      time: "2026-10-15T12:01:01.000Z",
      started: "2026-10-15T12:00:00.000Z",
      window_seconds: 60,
      health: "ok",
      interfaces: [
        {
          name: "eth0",
          backend: "pcap",
          capturing: true,
          reason: null,
          last_window_end: "2026-10-15T12:01:00.000Z",
          completeness: 1,
          in_bps: 60,
          out_bps: 120,
          unaccounted_bps: 0,
          dropped_frames: 0,
        },
      ],
      endpoints: [
        {
          name: "central",
          state: "idle",
          pending_requests: 2,
          pending_samples: 30,
          oldest_pending: "2026-10-15T12:00:00.000Z",
          dead_letters: 4,
          last_success: null,
          last_error: null,
        },
      ],
      ledger: null,
      clock: null,
      networks: [{ name: "acme", in_bps: 60, out_bps: 120 }],
      top: [
        {
          address: "192.0.2.1",
          network: "acme",
          interface: "eth0",
          bytes_in: 450,
          bytes_out: 900,
          in_bps: 60,
          out_bps: 120,
        },
      ],
    });
  });

  it("tells how full the ledger is, and what was dropped for it", () => {
    const dropped = { thinned: 30, dead_letter: 0, oldest: 4 };
    const fill = { usedBytes: 900, maxBytes: 1_000, dropped, droppingSinceMs: START_MS };
    expect(board().status(parts({ fill })).ledger).toEqual({
      used_bytes: 900,
      max_bytes: 1_000,
      dropped_samples: dropped,
      dropping_since: "2026-10-15T12:00:00.000Z",
    });
  });

  it("tells what the kernel says of its clock", () => {
    const clock = { synchronized: true, estimatedErrorSeconds: 0.001, maxErrorSeconds: 0.25 };
    expect(board().status(parts({ clock })).clock).toEqual({
      synchronized: true,
      estimated_error_seconds: 0.001,
      max_error_seconds: 0.25,
    });
  });

  it("is empty where nothing has happened yet", () => {
    const status = board().status(parts({ health: { ok: false, reason: "the ledger refuses windows" } }));
    expect(status).toMatchObject({
      health: "the ledger refuses windows",
      interfaces: [{ name: "eth0", last_window_end: null, completeness: null }],
      endpoints: [{ pending_requests: 0, pending_samples: 0, oldest_pending: null }],
      networks: [],
      top: [],
    });
  });

  it("tells when an endpoint last took a request and what it said since", () => {
    const endpoints = [{ name: "central", state: "retrying" as const, lastError: "HTTP 503", lastSuccessMs: START_MS }];
    expect(board().status(parts({ endpoints })).endpoints).toMatchObject([
      { state: "retrying", last_success: "2026-10-15T12:00:00.000Z", last_error: "HTTP 503" },
    ]);
  });

  it("shows the twenty addresses with the most bytes over the last windows of all interfaces", () => {
    const windows = board();
    const rows = (base: number) =>
      Array.from({ length: 30 }, (_, index) => ({
        ip: `192.0.2.${base + index}`,
        bytesIn: (index * 7) % 30,
        bytesOut: base,
      }));
    windows.committed(windowUsage(START_MS, [{ ip: "192.0.2.250", bytesIn: 1e9 }]));
    windows.committed(windowUsage(START_MS + 60_000, rows(0)));
    windows.committed(windowUsage(START_MS, rows(100), { interface: "eth1" }));
    const { top } = windows.status(parts());
    const expected = [...rows(0), ...rows(100)]
      .map(({ ip, bytesIn, bytesOut }) => ({ ip, bytes: bytesIn + bytesOut }))
      .sort((a, b) => b.bytes - a.bytes)
      .slice(0, 20);
    expect(top.map(({ address, bytes_in, bytes_out }) => ({ ip: address, bytes: bytes_in + bytes_out }))).toEqual(
      expected,
    );
    expect(new Set(top.map((one) => one.interface))).toEqual(new Set(["eth1"]));
  });

  it("adds networks over the last windows of all interfaces, the busiest first, the silent with 0", () => {
    const windows = board();
    const networks = ["quiet", "acme", "globex"];
    const window = (startMs: number, name: string, bytes: readonly number[]) =>
      windows.committed(
        windowUsage(
          startMs,
          bytes.map((bytesIn, network) => ({ ip: `192.0.2.${network + 1}`, network, bytesIn, bytesOut: bytesIn * 2 })),
          { interface: name, networks },
        ),
      );
    window(START_MS, "eth0", [0, 7500, 1500]);
    window(START_MS + 60_000, "eth1", [0, 0, 15_000]);
    expect(windows.status(parts()).networks).toEqual([
      { name: "globex", in_bps: 2200, out_bps: 4400 },
      { name: "acme", in_bps: 1000, out_bps: 2000 },
      { name: "quiet", in_bps: 0, out_bps: 0 },
    ]);
    window(START_MS + 60_000, "eth0", [0, 0, 0]);
    expect(windows.status(parts()).networks).toEqual([
      { name: "globex", in_bps: 2000, out_bps: 4000 },
      { name: "acme", in_bps: 0, out_bps: 0 },
      { name: "quiet", in_bps: 0, out_bps: 0 },
    ]);
  });

  it("says nothing of what an interface did whose last window is long over, but when that was", () => {
    const windows = board();
    windows.committed(windowUsage(START_MS, [{ ip: "192.0.2.1", bytesIn: 1e9 }]));
    windows.committed(windowUsage(START_MS + 120_000, [{ ip: "192.0.2.2", bytesIn: 7 }], { interface: "eth1" }));
    const { top, networks, interfaces } = windows.status(parts());
    expect(top.map(({ address }) => address)).toEqual(["192.0.2.2"]);
    expect(networks).toMatchObject([{ in_bps: (7 * 8) / 60 }]);
    expect(interfaces).toMatchObject([{ last_window_end: "2026-10-15T12:01:00.000Z" }]);
  });

  it("tells what passed unaccounted, what was dropped, and where that is not known", () => {
    const windows = board();
    const window = windowUsage(START_MS, []);
    const totals = { ...window.totals, unaccountedBytes: 1500 };
    windows.committed({ ...window, totals, quality: { ...window.quality, droppedFrames: 3 } });
    expect(windows.status(parts()).interfaces).toMatchObject([{ unaccounted_bps: 200, dropped_frames: 3 }]);
    windows.committed({ ...window, quality: { ...window.quality, droppedFrames: null } });
    expect(windows.status(parts()).interfaces).toMatchObject([{ unaccounted_bps: 0, dropped_frames: null }]);
  });
});
