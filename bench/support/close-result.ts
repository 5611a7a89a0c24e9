// What closing one window took, as it goes from close-worker.ts to close.ts.

import type { Stalls } from "./event-loop.ts";

export interface ClosedWindow extends Stalls {
  readonly rows: number;
  /** User and system time of the whole process. */
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly samples: number;
  readonly requests: number;
  /** Compressed. */
  readonly bytes: number;
}

export interface DeliveredWindow extends ClosedWindow {
  /** What the ledger holds, with the window's requests in it. */
  readonly ledgerBytes: number;
  /** CPU to hand all of the window's requests to a shipper and to forget them. */
  readonly deliverMs: number;
}
