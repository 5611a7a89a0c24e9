// The pcap backend of one interface: keeps a capture child running, puts its parts together and hands over windows.
// A child that dies is started again with back-off; what was not observed meanwhile lowers the window's completeness.

import { setTimeout as sleep } from "node:timers/promises";
import { ColumnGarbage } from "../../lib/column-garbage.ts";
import type { Network } from "../../model/network.ts";
import type { Clock } from "../../model/time.ts";
import { USAGE_ROW_BYTES, type WindowUsage } from "../../model/window.ts";
import type { Log } from "../../telemetry/log.ts";
import type { CaptureMetrics } from "../capture-metrics.ts";
import type { WindowSink } from "../window-sink.ts";
import { type CaptureChild, startCaptureChild } from "./capture-child.ts";
import type { Report } from "./channel.ts";
import type { WindowPart } from "./live-meter.ts";
import { WindowAssembler } from "./window-assembler.ts";

export interface PcapOptions {
  readonly interface: string;
  readonly windowMs: number;
  readonly maxAddresses: number;
  readonly ringBytes: number;
  readonly networks: readonly Network[];
}

export interface PcapDependencies {
  readonly sink: WindowSink;
  readonly metrics: CaptureMetrics;
  readonly log: Log;
  readonly clock: Clock;
}

const FIRST_BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 15_000;
/** A child that ran this long is not in a crash loop. */
const STABLE_AFTER_MS = 30_000;
/** Longer than a child takes to empty its ring when asked to stop. */
const STOP_TIMEOUT_MS = 4_000;
/** A window without a child is closed so long after its end. */
const OVERDUE_MS = 2_000;

export class PcapCapture {
  readonly #options: PcapOptions;
  readonly #deps: PcapDependencies;
  readonly #log: Log;
  readonly #assembler: WindowAssembler;
  readonly #garbage = new ColumnGarbage();
  #networks: readonly Network[];
  #networksVersion = 0;
  #child: CaptureChild | null = null;
  /** Until when the interface was observed; null before the first child captures. */
  #observedToMs: number | null = null;
  #complaint: string | null = null;

  constructor(options: PcapOptions, deps: PcapDependencies) {
    this.#options = options;
    this.#deps = deps;
    this.#log = deps.log.child({ interface: options.interface });
    this.#networks = options.networks;
    this.#assembler = new WindowAssembler(options.interface, options.maxAddresses);
    this.#assembler.setNetworks(0, options.networks);
  }

  get interface(): string {
    return this.#options.interface;
  }

  /** Whether a child is capturing now, and why not. */
  get state(): { readonly capturing: boolean; readonly reason: string | null } {
    return { capturing: this.#child !== null && this.#complaint === null, reason: this.#complaint };
  }

  /** Process id of the capture child, for those who measure it. */
  get childPid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** Captures until aborted; everything captured has then been given to the sink. */
  async run(signal: AbortSignal): Promise<void> {
    const overdue = setInterval(() => this.#closeOverdue(), 1_000);
    try {
      for (let backoffMs = FIRST_BACKOFF_MS; !signal.aborted;) {
        const startedMs = this.#deps.clock.now();
        await this.#runChild(signal);
        if (signal.aborted) break;
        if (this.#deps.clock.now() - startedMs > STABLE_AFTER_MS) backoffMs = FIRST_BACKOFF_MS;
        await sleep(backoffMs, undefined, { signal }).catch(() => undefined);
        backoffMs = Math.min(backoffMs * 2, MAX_BACKOFF_MS);
      }
    } finally {
      clearInterval(overdue);
    }
    for (const window of this.#assembler.take()) await this.#deps.sink.open(window);
  }

  /** Takes on other networks from the next window on. */
  reload(networks: readonly Network[]): void {
    this.#networks = networks;
    this.#networksVersion++;
    this.#assembler.setNetworks(this.#networksVersion, networks);
    this.#child?.send({ kind: "reload", networks, networksVersion: this.#networksVersion });
  }

  async #runChild(signal: AbortSignal): Promise<void> {
    const child = startCaptureChild({
      kind: "start",
      ...this.#options,
      networks: this.#networks,
      networksVersion: this.#networksVersion,
    });
    this.#child = child;
    let killTimer: NodeJS.Timeout | undefined;
    const stop = (): void => {
      child.send({ kind: "stop" });
      killTimer = setTimeout(() => child.kill(), STOP_TIMEOUT_MS);
    };
    signal.addEventListener("abort", stop, { once: true });
    let stopped = false;
    let failure: string | null = null;
    for await (const report of child.reports()) {
      if (report.kind === "stopped") stopped = true;
      else if (report.kind === "failed") failure = report.reason;
      else this.#receive(report);
    }
    const ended = await child.ended;
    clearTimeout(killTimer);
    signal.removeEventListener("abort", stop);
    this.#child = null;
    if (!stopped && signal.aborted) this.#reportLoss(failure ?? ended);
    else if (!stopped) this.#complain(failure ?? ended);
  }

  #receive(report: Extract<Report, { kind: "opened" | "part" }>): void {
    if (report.kind === "part") {
      this.#addPart(report.part);
      return;
    }
    this.#log.info({ link_type: report.linkType, exact_boundaries: report.exactBoundaries }, "capture started");
    const { unconfined: missing } = report;
    if (missing.length > 0) this.#log.warn({ missing }, "the capture process is less confined than it should be");
    this.#complaint = null;
    this.#observedToMs ??= this.#deps.clock.now();
    this.#deps.metrics.up.set({ interface: this.interface }, 1);
  }

  #addPart(part: WindowPart): void {
    const { metrics } = this.#deps;
    if (this.#observedToMs !== null && part.fromMs > this.#observedToMs)
      this.#reportGap(this.#observedToMs, part.fromMs);
    this.#observedToMs = part.toMs;
    metrics.add(this.interface, part);
    if (part.boundaryDelayMs > 1_000) {
      this.#log.warn(
        { delay_ms: part.boundaryDelayMs },
        "a window's end was noticed late: traffic since then is in it",
      );
    }
    for (const window of this.#assembler.add(part)) void this.#close(window);
    // The message and the columns taken out of it.
    this.#garbage.add(2 * USAGE_ROW_BYTES * part.usage.length);
  }

  async #close(window: WindowUsage): Promise<void> {
    await this.#deps.sink.closed(window);
    this.#garbage.add(USAGE_ROW_BYTES * window.usage.length);
  }

  #reportGap(fromMs: number, toMs: number): void {
    const gap = { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString(), gap_ms: toMs - fromMs };
    this.#log.warn(gap, "gap: traffic of this time was not observed");
    this.#deps.metrics.gapSeconds.inc({ interface: this.interface }, (toMs - fromMs) / 1_000);
  }

  #reportLoss(reason: string): void {
    const from = this.#observedToMs === null ? null : new Date(this.#observedToMs).toISOString();
    this.#log.error({ reason, from }, "gap: capture ended before it had handed over what it had");
  }

  #complain(reason: string): void {
    this.#deps.metrics.up.set({ interface: this.interface }, 0);
    this.#deps.metrics.restarts.inc({ interface: this.interface });
    if (reason !== this.#complaint) this.#log.error({ reason }, "capture ended, starting it again");
    this.#complaint = reason;
  }

  #closeOverdue(): void {
    const endMs = this.#assembler.pendingEndMs;
    if (this.#complaint === null || endMs === null || this.#deps.clock.now() < endMs + OVERDUE_MS) return;
    for (const window of this.#assembler.take()) void this.#close(window);
  }
}
