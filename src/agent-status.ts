// What a running agent says of itself: health, and the JSON of `acct-agent status`. Holds only the last window of each
// interface, so that an answer costs the same whatever the agent is busy with.

import type { CaptureState } from "./capture/capture.ts";
import type { DroppedSamples } from "./buffer/outbox-trim.ts";
import type { Backlog } from "./buffer/outbox.ts";
import type { FillState } from "./ledger/fill-log.ts";
import type { ClockState } from "./lib/clock-state.ts";
import { addressAt, formatAddress } from "./model/address.ts";
import { completenessOf, type WindowUsage } from "./model/window.ts";
import type { EndpointState } from "./ship/endpoint-status.ts";

/** The unix socket in the state folder over which the command line asks a running agent. */
export const STATUS_SOCKET = "agent.sock";

export type Health = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** Times are ISO 8601 UTC; bytes are IP bytes of the interface's last window. */
export interface Status {
  readonly instance: string;
  readonly version: string;
  readonly health: string;
  readonly interfaces: readonly InterfaceStatus[];
  readonly endpoints: readonly EndpointStatus[];
  /** As of the last window; null before the first. */
  readonly ledger: LedgerStatus | null;
  /** What the kernel says of its clock; null where it says nothing. */
  readonly clock: ClockStatus | null;
  readonly top: readonly TopAddress[];
}

interface LedgerStatus {
  readonly used_bytes: number;
  readonly max_bytes: number;
  /** Since the ledger was made. */
  readonly dropped_samples: DroppedSamples;
  readonly dropping_since: string | null;
}

interface ClockStatus {
  readonly synchronized: boolean;
  readonly estimated_error_seconds: number;
  readonly max_error_seconds: number;
}

interface InterfaceStatus {
  readonly name: string;
  readonly backend: string;
  readonly capturing: boolean;
  readonly reason: string | null;
  readonly last_window_end: string | null;
  readonly completeness: number | null;
}

interface EndpointStatus {
  readonly name: string;
  readonly state: EndpointState["state"];
  readonly pending_requests: number;
  readonly pending_samples: number;
  readonly oldest_pending: string | null;
  readonly dead_letters: number;
  readonly last_success: string | null;
  readonly last_error: string | null;
}

interface TopAddress {
  readonly address: string;
  readonly network: string;
  readonly interface: string;
  readonly bytes_in: number;
  readonly bytes_out: number;
}

interface LastWindow {
  readonly endMs: number;
  readonly completeness: number;
  readonly top: readonly TopAddress[];
}

export interface StatusParts {
  readonly instance: string;
  readonly version: string;
  readonly capture: readonly CaptureState[];
  readonly endpoints: readonly EndpointState[];
  readonly backlog: readonly Backlog[];
  readonly fill: FillState | null;
  readonly clock: ClockState | null;
  readonly health: Health;
}

const TOP_ADDRESSES = 10;
/** A window may be this late before the agent is unhealthy. */
const LATE_MS = 30_000;

export class WindowBoard {
  readonly #windowMs: number;
  readonly #last = new Map<string, LastWindow>();
  #sinceMs: number;
  #refused: string | null = null;

  /** `startedMs`: when the agent began to run. */
  constructor(windowMs: number, startedMs: number) {
    this.#windowMs = windowMs;
    this.#sinceMs = startedMs;
  }

  /** From `sinceMs` on the next windows are expected, however old the last ones are. */
  expectSince(sinceMs: number): void {
    this.#sinceMs = sinceMs;
  }

  committed(window: WindowUsage): void {
    this.#refused = null;
    this.#last.set(window.interface, {
      endMs: window.endMs,
      completeness: completenessOf(window.endMs - window.startMs, window.totals, window.quality),
      top: topAddresses(window),
    });
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
    const last = [...this.#last.values()].flatMap(({ top }) => top);
    return {
      instance: parts.instance,
      version: parts.version,
      health: parts.health.ok ? "ok" : parts.health.reason,
      interfaces: parts.capture.map((state) => this.#interfaceStatus(state)),
      endpoints: parts.endpoints.map((state) => endpointStatus(state, parts.backlog)),
      ledger: ledgerStatus(parts.fill),
      clock: clockStatus(parts.clock),
      top: last.toSorted(byBytes).slice(0, TOP_ADDRESSES),
    };
  }

  #interfaceStatus({ interface: name, backend, capturing, reason }: CaptureState): InterfaceStatus {
    const last = this.#last.get(name);
    const last_window_end = last ? iso(last.endMs) : null;
    return { name, backend, capturing, reason, last_window_end, completeness: last?.completeness ?? null };
  }
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

function topAddresses({ usage, networks, interface: interfaceName }: WindowUsage): readonly TopAddress[] {
  const bytes = (row: number): number => (usage.bytesIn[row] ?? 0) + (usage.bytesOut[row] ?? 0);
  const top: number[] = [];
  for (let row = 0; row < usage.length; row++) {
    const smallest = top[TOP_ADDRESSES - 1];
    if (smallest !== undefined && bytes(row) <= bytes(smallest)) continue;
    top.push(row);
    top.sort((a, b) => bytes(b) - bytes(a));
    top.length = Math.min(top.length, TOP_ADDRESSES);
  }
  return top.map((row) => ({
    address: formatAddress(addressAt(usage.addresses, row)),
    network: networks[usage.networks[row] ?? 0] ?? "",
    interface: interfaceName,
    bytes_in: usage.bytesIn[row] ?? 0,
    bytes_out: usage.bytesOut[row] ?? 0,
  }));
}

function byBytes(a: TopAddress, b: TopAddress): number {
  return b.bytes_in + b.bytes_out - a.bytes_in - a.bytes_out;
}

function iso(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
