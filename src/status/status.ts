// What a running agent says of itself, as /api/status, `acct-agent status` and the status page have it: snake_case, a
// contract with other programs. Times are ISO 8601 UTC. Always at hand: nothing in it has to be read from the ledger.

/** The unix socket in the state folder over which the command line asks a running agent. */
export const STATUS_SOCKET = "agent.sock";

export interface Status {
  readonly instance: string;
  readonly version: string;
  /** When it was asked. */
  readonly time: string;
  readonly started: string;
  /** Of a window. */
  readonly window_seconds: number;
  /** `ok`, or why not. */
  readonly health: string;
  readonly interfaces: readonly InterfaceStatus[];
  readonly endpoints: readonly EndpointStatus[];
  /** As of the last window; null before the first. */
  readonly ledger: LedgerStatus | null;
  /** What the kernel says of its clock; null where it says nothing. */
  readonly clock: ClockStatus | null;
  /** Each network's rate in the last window, over its interfaces, the busiest first. */
  readonly networks: readonly NetworkRate[];
  /** The busiest addresses of the last window. */
  readonly top: readonly TopAddress[];
}

export interface InterfaceStatus {
  readonly name: string;
  readonly backend: string;
  readonly capturing: boolean;
  /** Why it is not capturing; null where it is, or has not tried yet. */
  readonly reason: string | null;
  readonly last_window_end: string | null;
  /** Of the last window, 0 to 1. */
  readonly completeness: number | null;
  /** Of accounted addresses, IP bytes in the last window as bits a second. */
  readonly in_bps: number | null;
  readonly out_bps: number | null;
  /** IP bytes between addresses of no network, the same way. */
  readonly unaccounted_bps: number | null;
  /** In the last window; null where it is not known. */
  readonly dropped_frames: number | null;
}

export interface EndpointStatus {
  readonly name: string;
  readonly state: "idle" | "sending" | "bisecting" | "retrying" | "holding";
  readonly pending_requests: number;
  readonly pending_samples: number;
  /** End of the oldest pending window; null where nothing is pending. */
  readonly oldest_pending: string | null;
  readonly dead_letters: number;
  readonly last_success: string | null;
  readonly last_error: string | null;
}

export interface LedgerStatus {
  readonly used_bytes: number;
  readonly max_bytes: number;
  /** Since the ledger was made. */
  readonly dropped_samples: { readonly thinned: number; readonly dead_letter: number; readonly oldest: number };
  readonly dropping_since: string | null;
}

export interface ClockStatus {
  readonly synchronized: boolean;
  readonly estimated_error_seconds: number;
  readonly max_error_seconds: number;
}

export interface NetworkRate {
  readonly name: string;
  readonly in_bps: number;
  readonly out_bps: number;
}

/** IP bytes of the interface's last window, and the same as bits a second. */
export interface TopAddress {
  readonly address: string;
  readonly network: string;
  readonly interface: string;
  readonly bytes_in: number;
  readonly bytes_out: number;
  readonly in_bps: number;
  readonly out_bps: number;
}
