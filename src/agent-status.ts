// What a running agent says of itself: health, and the JSON of `acct-agent status`. Holds only the last window of each
// interface, so that an answer costs the same whatever the agent is busy with.

import type { CaptureState } from "./capture/capture.ts";
import type { Backlog } from "./buffer/outbox.ts";
import type { FillState } from "./ledger/fill-log.ts";
import type { ClockState } from "./lib/clock-state.ts";
import type { WindowUsage } from "./model/window.ts";
import type { EndpointState } from "./ship/endpoint-status.ts";
import { type LastWindow, lastWindowOf, TOP_ADDRESSES } from "./status/last-window.ts";
import type {
  ClockStatus,
  EndpointStatus,
  InterfaceStatus,
  LedgerStatus,
  NetworkRate,
  Status,
  TopAddress,
} from "./status/status.ts";

export type Health = { readonly ok: true } | { readonly ok: false; readonly reason: string };

export interface StatusParts {
  readonly instance: string;
  readonly version: string;
  readonly nowMs: number;
  readonly capture: readonly CaptureState[];
  readonly endpoints: readonly EndpointState[];
  readonly backlog: readonly Backlog[];
  readonly fill: FillState | null;
  readonly clock: ClockState | null;
  readonly health: Health;
}

/** A window may be this late before the agent is unhealthy. */
const LATE_MS = 30_000;

export class WindowBoard {
  readonly #windowMs: number;
  readonly #startedMs: number;
  readonly #last = new Map<string, LastWindow>();
  /** Sorted once a window, at the first question for it. */
  #networks: readonly NetworkRate[] | null = null;
  #sinceMs: number;
  #refused: string | null = null;

  /** `startedMs`: when the agent began to run. */
  constructor(windowMs: number, startedMs: number) {
    this.#windowMs = windowMs;
    this.#startedMs = startedMs;
    this.#sinceMs = startedMs;
  }

  /** From `sinceMs` on the next windows are expected, however old the last ones are. */
  expectSince(sinceMs: number): void {
    this.#sinceMs = sinceMs;
  }

  committed(window: WindowUsage): void {
    this.#refused = null;
    this.#last.set(window.interface, lastWindowOf(window));
    this.#networks = null;
  }

  /** `reason`: what the ledger said, in one line. */
  refused(reason: string): void {
    this.#refused = reason;
  }

  /** 200 while windows of every interface are being closed and committed. */
  health(capture: readonly CaptureState[], nowMs: number): Health {
    if (this.#refused !== null) return { ok: false, reason: `the ledger refuses windows: ${this.#refused}` };
    for (const { interface: name, reason } of capture) {
      if (reason !== null) return { ok: false, reason: `${name} is not captured: ${reason}` };
      const lastMs = Math.max(this.#last.get(name)?.endMs ?? 0, this.#sinceMs);
      if (nowMs - lastMs > this.#windowMs + LATE_MS) return { ok: false, reason: `${name}: no window closed in time` };
    }
    return { ok: true };
  }

  status(parts: StatusParts): Status {
    return {
      instance: parts.instance,
      version: parts.version,
      time: iso(parts.nowMs),
      started: iso(this.#startedMs),
      window_seconds: this.#windowMs / 1000,
      health: parts.health.ok ? "ok" : parts.health.reason,
      interfaces: parts.capture.map((state) => this.#interfaceStatus(state)),
      endpoints: parts.endpoints.map((state) => endpointStatus(state, parts.backlog)),
      ledger: ledgerStatus(parts.fill),
      clock: clockStatus(parts.clock),
      networks: (this.#networks ??= networkRates(this.#current())),
      top: this.#current()
        .flatMap(({ top }) => top)
        .sort(byBytes)
        .slice(0, TOP_ADDRESSES),
    };
  }

  /** Windows of interfaces whose last one is long over say nothing of now. They need not be committed at the same time. */
  #current(): readonly LastWindow[] {
    const all = [...this.#last.values()];
    const newestMs = Math.max(...all.map(({ endMs }) => endMs));
    return all.filter(({ endMs }) => endMs >= newestMs - this.#windowMs);
  }

  #interfaceStatus({ interface: name, backend, capturing, reason }: CaptureState): InterfaceStatus {
    const last = this.#last.get(name);
    return {
      name,
      backend,
      capturing,
      reason,
      last_window_end: last ? iso(last.endMs) : null,
      ...(last?.rates ?? NO_RATES),
    };
  }
}

const NO_RATES = { completeness: null, in_bps: null, out_bps: null, unaccounted_bps: null, dropped_frames: null };

/** Silent ones too: observed and silent is a figure. */
function networkRates(windows: readonly LastWindow[]): readonly NetworkRate[] {
  const rates = new Map<string, { -readonly [K in keyof NetworkRate]: NetworkRate[K] }>();
  for (const { networks, inBps, outBps } of windows) {
    for (const [index, name] of networks.entries()) {
      const rate = rates.get(name) ?? { name, in_bps: 0, out_bps: 0 };
      rate.in_bps += inBps[index] ?? 0;
      rate.out_bps += outBps[index] ?? 0;
      rates.set(name, rate);
    }
  }
  return [...rates.values()].sort((a, b) => b.in_bps + b.out_bps - a.in_bps - a.out_bps || (a.name < b.name ? -1 : 1));
}

function endpointStatus(state: EndpointState, backlog: readonly Backlog[]): EndpointStatus {
  const pending = backlog.find(({ endpoint }) => endpoint === state.name);
  const oldestMs = pending?.oldestWindowEndMs ?? null;
  return {
    name: state.name,
    state: state.state,
    pending_requests: pending?.requests ?? 0,
    pending_samples: pending?.samples ?? 0,
    oldest_pending: oldestMs === null ? null : iso(oldestMs),
    dead_letters: pending?.deadLetters ?? 0,
    last_success: state.lastSuccessMs === null ? null : iso(state.lastSuccessMs),
    last_error: state.lastError,
  };
}

function ledgerStatus(fill: FillState | null): LedgerStatus | null {
  if (fill === null) return null;
  const { usedBytes, maxBytes, dropped, droppingSinceMs } = fill;
  return {
    used_bytes: usedBytes,
    max_bytes: maxBytes,
    dropped_samples: dropped,
    dropping_since: droppingSinceMs === null ? null : iso(droppingSinceMs),
  };
}

function clockStatus(clock: ClockState | null): ClockStatus | null {
  if (clock === null) return null;
  const { synchronized, estimatedErrorSeconds, maxErrorSeconds } = clock;
  return { synchronized, estimated_error_seconds: estimatedErrorSeconds, max_error_seconds: maxErrorSeconds };
}

function byBytes(a: TopAddress, b: TopAddress): number {
  return b.bytes_in + b.bytes_out - a.bytes_in - a.bytes_out;
}

function iso(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
