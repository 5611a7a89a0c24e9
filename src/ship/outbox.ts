// What the stage needs of the buffer: the requests that an endpoint has not accepted yet, in order, and a place for what
// it will never accept.

import type { RefusedSample } from "./refused-sample.ts";

export interface OutboxRequest {
  readonly id: number;
  /** End of the window whose samples it holds, milliseconds since the epoch. */
  readonly windowEndMs: number;
  readonly samples: number;
  /** Encoded and compressed; the same bytes at every call. */
  readonly body: Uint8Array;
}

export interface Outbox {
  /** The oldest request that `endpoint` has not accepted; null when there is none. */
  next(endpoint: string): Promise<OutboxRequest | null>;
  /** Durable when it resolves: `endpoint` gets request `id` never again. */
  accepted(endpoint: string, id: number): Promise<void>;
  /**
   * The same for a request of which `refused` was not accepted: kept as dead letters in the same commit, once however
   * often it is called. Resolves to how many older dead letters had to make room.
   */
  park(endpoint: string, id: number, refused: readonly RefusedSample[]): Promise<number>;
}
