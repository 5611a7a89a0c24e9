// The metrics of capture, by interface.

import { Counter, Gauge } from "prom-client";
import { emptyTotals, type WindowTotals } from "../model/window.ts";
import type { Metrics } from "../telemetry/metrics.ts";

interface Part {
  readonly totals: WindowTotals;
  readonly droppedFrames: number | null;
  readonly boundaryDelayMs: number;
}

export class CaptureMetrics {
  readonly up: Gauge<"interface">;
  readonly restarts: Counter<"interface">;
  readonly gapSeconds: Counter<"interface">;
  readonly clockSteps: Counter<"interface">;
  readonly #frames: Counter<"interface">;
  readonly #dropped: Counter<"interface">;
  readonly #parseFailures: Counter<"interface">;
  readonly #nonIp: Counter<"interface">;
  readonly #ipBytes: Counter<"interface">;
  readonly #unaccounted: Counter<"interface">;
  readonly #overflow: Counter<"interface">;
  readonly #boundaryDelay: Gauge<"interface">;
  readonly #mapEntries: Gauge<"interface">;
  readonly #mapCapacity: Gauge<"interface">;

  constructor(metrics: Metrics) {
    const labelNames: "interface"[] = ["interface"];
    const options = (name: string, help: string) => ({
      name: `acct_capture_${name}`,
      help,
      labelNames,
      registers: [metrics],
    });
    this.up = new Gauge(options("up", "1 while the interface is captured."));
    this.restarts = new Counter(options("restarts_total", "Times that capture ended and was started again."));
    this.gapSeconds = new Counter(options("gap_seconds_total", "Time that was not observed while the agent ran."));
    this.#frames = new Counter(options("frames_total", "Frames captured."));
    this.#dropped = new Counter(
      options("dropped_frames_total", "Frames that the kernel dropped because its ring was full."),
    );
    this.#parseFailures = new Counter(options("parse_failures_total", "Frames that could not be decoded."));
    this.#nonIp = new Counter(options("non_ip_frames_total", "Frames without an IP packet."));
    this.#ipBytes = new Counter(options("ip_bytes_total", "IP bytes captured."));
    this.#unaccounted = new Counter(options("unaccounted_bytes_total", "IP bytes between addresses of no network."));
    this.#overflow = new Counter(
      options("overflow_bytes_total", "IP bytes of addresses beyond capture.max_addresses."),
    );
    this.clockSteps = new Counter(
      options("clock_steps_total", "Times that the system's clock was set by more than a second."),
    );
    this.#mapEntries = new Gauge(
      options("map_entries", "Pairs of address and window in the kernel's map when it was last read."),
    );
    this.#mapCapacity = new Gauge(
      options("map_max_entries", "Pairs of address and window that the kernel's map holds."),
    );
    this.#boundaryDelay = new Gauge(
      options("boundary_delay_seconds", "How late the end of the last window was noticed."),
    );
  }

  /** An interface that is to be captured: counters start at an explicit 0, so that their first increase is visible. */
  begin(interfaceName: string): void {
    const labels = { interface: interfaceName };
    this.up.set(labels, 0);
    for (const counter of [this.restarts, this.gapSeconds, this.clockSteps]) counter.inc(labels, 0);
    this.add(interfaceName, { totals: emptyTotals(), droppedFrames: 0, boundaryDelayMs: 0 });
  }

  /** How full the kernel's map is: what bounds how long it can count without the agent. */
  setMapUse(interfaceName: string, entries: number, capacity: number): void {
    this.#mapEntries.set({ interface: interfaceName }, entries);
    this.#mapCapacity.set({ interface: interfaceName }, capacity);
  }

  add(interfaceName: string, { totals, droppedFrames, boundaryDelayMs }: Part): void {
    const labels = { interface: interfaceName };
    this.#frames.inc(labels, totals.frames);
    this.#dropped.inc(labels, droppedFrames ?? 0);
    this.#parseFailures.inc(labels, totals.parseFailures);
    this.#nonIp.inc(labels, totals.nonIpFrames);
    this.#ipBytes.inc(labels, totals.ipBytes);
    this.#unaccounted.inc(labels, totals.unaccountedBytes);
    this.#overflow.inc(labels, totals.overflowBytes);
    this.#boundaryDelay.set(labels, boundaryDelayMs / 1_000);
  }
}
