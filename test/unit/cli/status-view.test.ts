// What `status` makes of an agent's answer: aligned tables, older agents, hostile names, and how fast a backlog shrinks.

import { describe, expect, it } from "vitest";
import { DrainSpeeds } from "../../../src/cli/drain-speed.ts";
import { statusText } from "../../../src/cli/status-view.ts";

const ESCAPE = "\u001b[2J\u0007\u009b31m\u202e\r\n";

describe("status", () => {
  it("shows rates in Mbps and a network's interval and month, aligned right", () => {
    const status = {
      instance: "edge",
      health: "ok",
      interfaces: [
        { name: "eth0", backend: "ebpf", capturing: true, completeness: 1, in_bps: 1.5e6, dropped_frames: 7 },
      ],
      networks: [
        { name: "acme", in_bps: 123_456_000, out_bps: 1_000 },
        { name: "b", in_bps: 0, out_bps: 0 },
      ],
    };
    const month = { bytes_in: 2e12, bytes_out: 1e9, p95_in_bps: 80e6, p95_out_bps: 1e6 };
    const usage = {
      figures_as_of: "2026-11-21T00:00:00.000Z",
      networks: [
        { name: "acme", interval_bytes_in: 1_500, interval_bytes_out: 3, month },
        { name: "b", interval_bytes_in: 0, interval_bytes_out: 0, month: null },
      ],
      bills: [
        {
          customer: "acme",
          name: "2026",
          period: "2026-11",
          billable_bps: 80e6,
          commit_bps: 50e6,
          overage_bps: 30e6,
          intervals_above_commit: 500,
          burst_intervals: 432,
          burst_intervals_left: 0,
          charge: { currency: "EUR", amount: "120.00" },
        },
      ],
    };
    const lines = statusText({ status, usage }).split("\n");
    expect(lines).toContain(
      "eth0       ebpf     capturing  -                    100.00 %  1.500 Mbps    -            -        7",
    );
    expect(lines.filter((line) => /^(acme|b) /.test(line))).toEqual([
      "acme     123.456 Mbps  0.001 Mbps     1.500 kB           3 B  2.000 TB   1.000 GB  80.000 Mbps  1.000 Mbps",
      "b          0.000 Mbps  0.000 Mbps          0 B           0 B         -          -            -           -",
      expect.stringMatching(
        /^acme \(2026\) +2026-11 .* 80\.000 Mbps +50\.000 Mbps +30\.000 Mbps +500 +0 of 432 +120\.00 EUR$/,
      ),
    ]);
  });

  it("shows what an older agent knows, and dashes for the rest", () => {
    const status = {
      instance: "edge",
      health: "ok",
      interfaces: [{ name: "eth0", backend: "pcap", capturing: false, reason: null }],
      endpoints: [{ name: "central", state: "idle" as const, pending_samples: 5, last_error: null }],
      ledger: { used_bytes: 10, max_bytes: 100 },
      top: [{ address: "10.1.0.1", network: "acme", interface: "eth0", bytes_in: 5, bytes_out: 6 }],
    };
    const text = statusText({ status, usage: null });
    expect(text).toMatch(/^eth0 +pcap +starting +- +- +- +- +- +-$/m);
    expect(text).toMatch(/^central +idle +- +5 +- +-$/m);
    expect(text).toMatch(/^10\.1\.0\.1 +acme +eth0 +5 +6 +- +-$/m);
    expect(text).not.toMatch(/undefined|NaN|^NETWORK/m);
    expect(statusText({ status: {}, usage: {} })).toMatch(/^-: -\nclock: the kernel does not tell/);
  });

  it("tells a window that counting began in from one that missed something", () => {
    const one = { name: "eth0", capturing: true, last_window_end: "2026-11-21T10:01:00.000Z", completeness: 0.5 };
    const shown = (started: string, completeness = 0.5): string =>
      statusText({ status: { started, window_seconds: 60, interfaces: [{ ...one, completeness }] }, usage: null });
    expect(shown("2026-11-21T10:00:30.000Z")).toContain("capturing, first window");
    expect(shown("2026-11-21T10:00:00.000Z")).not.toContain("first window");
    expect(shown("2026-11-21T10:00:30.000Z", 1)).not.toContain("first window");
  });

  it("keeps controls in names from the terminal", () => {
    const name = ESCAPE;
    const row = { name, state: "idle" as const, last_error: name, backend: name, reason: name, oldest_pending: name };
    const status = {
      instance: name,
      health: name,
      interfaces: [row],
      endpoints: [row],
      ledger: { dropping_since: name },
      networks: [row],
      top: [{ address: name, network: name, interface: name }],
    };
    const bill = { customer: name, name, period: name, charge: { currency: name, amount: name } };
    for (const usage of [null, { figures_as_of: name, networks: [row], bills: [bill] }]) {
      const text = statusText({ status, usage }, () => null);
      expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      expect(text).toContain(String.raw`\u{1b}[2J\u{7}\u{9b}31m\u{202e}\u{d}\u{a}`);
    }
  });

  it("shows the busiest networks only, and how many more there are", () => {
    const networks = Array.from({ length: 100 }, (_, index) => ({ name: `n${index}`, in_bps: 1, out_bps: 1 }));
    const text = statusText({ status: { networks }, usage: null });
    expect(text).toContain("and 70 more; --json has all of them");
    expect(text).toMatch(/^n29 /m);
    expect(text).not.toMatch(/^n30 /m);
  });
});

describe("the drain of a backlog", () => {
  it("is what left in the last minute, net of what came in, and gives the time that is left", () => {
    const speeds = new DrainSpeeds();
    expect(speeds.look("a", { timeMs: 0, samples: 10_000 })).toBeNull();
    expect(speeds.look("a", { timeMs: 10_000, samples: 9_000 })).toEqual({ samplesPerSecond: 100, leftSeconds: 90 });
    expect(speeds.look("a", { timeMs: 70_000, samples: 3_000 })).toEqual({ samplesPerSecond: 100, leftSeconds: 30 });
    // A minute later the slow beginning counts no more.
    expect(speeds.look("a", { timeMs: 80_000, samples: 1_000 })?.samplesPerSecond).toBeCloseTo(8_000 / 70);
  });

  it("has no end while the backlog grows, and is over when nothing is pending", () => {
    const speeds = new DrainSpeeds();
    speeds.look("a", { timeMs: 0, samples: 100 });
    expect(speeds.look("a", { timeMs: 1_000, samples: 150 })).toEqual({ samplesPerSecond: -50, leftSeconds: null });
    expect(speeds.look("b", { timeMs: 1_000, samples: 1 })).toBeNull();
    expect(speeds.look("a", { timeMs: 2_000, samples: 0 })).toBeNull();
    expect(speeds.look("a", { timeMs: 3_000, samples: 10 })).toBeNull();
  });
});
