// The eBPF backend of one interface. The kernel counts; this looks after it: attaches when the interface appears, hands
// over windows when they have ended, follows the clock, and replaces the source when the configuration changes.

import { setTimeout as sleep } from "node:timers/promises";
import type { Network } from "../../model/network.ts";
import type { Clock } from "../../model/time.ts";
import type { Log } from "../../telemetry/log.ts";
import type { CaptureMetrics } from "../capture-metrics.ts";
import type { WindowSink } from "../window-sink.ts";
import { KernelError } from "./kernel-error.ts";
import { CLOCK_STEP_MS } from "./held-sources.ts";
import { KernelState, type KernelStateOptions } from "./kernel-state.ts";

export type EbpfOptions = KernelStateOptions;

export interface EbpfDependencies {
  readonly sink: WindowSink;
  readonly metrics: CaptureMetrics;
  readonly log: Log;
  readonly clock: Clock;
}

const TICK_MS = 1_000;
/** The kernel's coarse clock is at most a timer tick late: after this a window has ended for it too. */
const AFTER_END_MS = 20;

export class EbpfCapture {
  readonly #options: EbpfOptions;
  readonly #deps: EbpfDependencies;
  readonly #log: Log;
  readonly #kernel: KernelState;
  #networks: readonly Network[];
  /** What the active source was last compared with; null before the first time. */
  #currentNetworks: readonly Network[] | null = null;
  #draining: Promise<void> = Promise.resolve();
  #wake = new AbortController();
  #complaint: string | null = null;
  /** Until when the interface was observed; null before it first was. */
  #observedToMs: number | null = null;

  constructor(options: EbpfOptions, deps: EbpfDependencies) {
    this.#options = options;
    this.#log = deps.log.child({ interface: options.interface });
    this.#deps = deps;
    this.#networks = options.networks;
    this.#kernel = new KernelState(options, { ...deps, log: this.#log });
  }

  get interface(): string {
    return this.#options.interface;
  }

  /** Where its state is pinned. */
  get folder(): string {
    return this.#options.folder;
  }

  get state(): { readonly capturing: boolean; readonly reason: string | null } {
    return { capturing: this.#kernel.isAttached, reason: this.#complaint };
  }

  /**
   * Takes over what an earlier agent left in the kernel and hands over what has ended. True where the interface was
   * counted all the time.
   */
  async adopt(): Promise<boolean> {
    const adopted = this.#kernel.open();
    // One that is attached in another way cannot be replaced in place.
    if (adopted && !this.#kernel.isAttachedAsConfigured) this.#kernel.detach();
    if (this.#kernel.isAttached) {
      this.#started(true);
      await this.#lookAfter();
    }
    await this.#kernel.drain();
    return this.#kernel.isAttached;
  }

  /** Captures until aborted. What the kernel has by then is on disk, and it goes on counting for the next agent. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#step();
      await this.#sleep(signal);
    }
    await this.#draining;
    await this.#stop();
    this.#kernel[Symbol.dispose]();
  }

  /** Takes on other networks. */
  reload(networks: readonly Network[]): void {
    this.#networks = networks;
    this.#wake.abort();
  }

  async #step(): Promise<void> {
    try {
      if (this.#kernel.isAttached && !this.#kernel.isAlive())
        this.#end("the interface is gone, or the program was taken off it");
      if (!this.#kernel.isAttached) await this.#start();
      await this.#lookAfter();
      this.#draining = this.#drain();
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      this.#complain(error.message);
    }
  }

  /** Clock and configuration. */
  async #lookAfter(): Promise<void> {
    if (!this.#kernel.isAttached || !this.#kernel.hasRoom) return;
    const stepMs = this.#kernel.followClock(CLOCK_STEP_MS);
    if (Math.abs(stepMs) > CLOCK_STEP_MS) await this.#stepClock(stepMs);
    if (this.#currentNetworks === this.#networks) return;
    this.#currentNetworks = this.#networks;
    if (!this.#kernel.isCurrent(this.#networks)) await this.#kernel.replace();
  }

  /** Beside everything else: a ledger that refuses windows keeps this waiting, and an interface must not wait with it. */
  async #drain(): Promise<void> {
    try {
      await this.#kernel.drain();
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      this.#complain(error.message);
    }
  }

  async #start(): Promise<void> {
    this.#currentNetworks = this.#networks;
    this.#kernel.isCurrent(this.#networks);
    if (await this.#kernel.attach()) this.#started(false);
    else this.#complain("there is no interface of this name");
  }

  #started(adopted: boolean): void {
    const nowMs = this.#deps.clock.now();
    if (this.#observedToMs !== null) this.#reportGap(this.#observedToMs, nowMs);
    this.#observedToMs = null;
    this.#complaint = null;
    this.#deps.metrics.up.set({ interface: this.interface }, 1);
    const sinceMs = adopted ? this.#kernel.pendingSinceMs() : null;
    const since = sinceMs === null ? {} : { counted_since: new Date(sinceMs).toISOString() };
    const facts = { backend: "ebpf", attach: this.#options.attach, kernel_bytes: this.#kernel.memoryBytes() };
    this.#log.info({ ...facts, adopted, ...since }, "capture started");
  }

  #end(reason: string): void {
    this.#kernel.detach();
    this.#observedToMs = this.#deps.clock.now();
    this.#deps.metrics.restarts.inc({ interface: this.interface });
    this.#complain(reason, "capture ended, starting it again");
  }

  async #stepClock(stepMs: number): Promise<void> {
    this.#log.warn({ step_ms: stepMs }, "the clock was set: windows around this are marked");
    this.#deps.metrics.clockSteps.inc({ interface: this.interface });
    await this.#kernel.replace(Math.abs(stepMs));
  }

  /** The kernel goes on with an empty source: what it had is in the ledger, should the machine not come back. */
  async #stop(): Promise<void> {
    try {
      if (this.#options.attach === "socket") this.#kernel.detach();
      else if (this.#kernel.hasRoom) await this.#kernel.replace();
      // A run that began before the replacement does not know of it.
      await this.#kernel.drain();
      if (await this.#kernel.drain()) this.#kernel.tidy();
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      this.#log.error({ reason: error.message }, "could not hand over the open window: the kernel keeps it");
    }
  }

  #complain(reason: string, message = "capture does not work, trying again"): void {
    this.#deps.metrics.up.set({ interface: this.interface }, this.#kernel.isAttached ? 1 : 0);
    if (reason !== this.#complaint) this.#log.error({ reason }, message);
    this.#complaint = reason;
  }

  #reportGap(fromMs: number, toMs: number): void {
    const gap = { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString(), gap_ms: toMs - fromMs };
    this.#log.warn(gap, "gap: traffic of this time was not observed");
    this.#deps.metrics.gapSeconds.inc({ interface: this.interface }, (toMs - fromMs) / 1_000);
  }

  /** Until the next tick, the end of the window, a reload or the end. */
  async #sleep(signal: AbortSignal): Promise<void> {
    const nowMs = this.#deps.clock.now();
    const endMs = this.#kernel.windowEndMs();
    const dueMs = endMs === null ? TICK_MS : Math.max(1, Math.min(TICK_MS, endMs + AFTER_END_MS - nowMs));
    await sleep(dueMs, undefined, { signal: AbortSignal.any([signal, this.#wake.signal]) }).catch(() => undefined);
    if (this.#wake.signal.aborted) this.#wake = new AbortController();
  }
}
