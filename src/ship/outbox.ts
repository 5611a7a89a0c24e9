// What the stage needs of the buffer: the requests that an endpoint has not accepted yet, in order, and a place for what
// it will never accept.

import type { RefusedSample } from "./refused-sample.ts";

/** Stored requests hold at most this many samples: small enough for every receiver's limit, large enough to compress well. */
export const MAX_REQUEST_SAMPLES = 2_000;

export interface OutboxRequest {
  readonly id: number;
  /** End of the window whose samples it holds, milliseconds since the epoch. */
  readonly windowEndMs: number;
  readonly kind: "counter" | "interval" | "self";
  readonly samples: number;
  /** Encoded and compressed; the same bytes at every call. */
  readonly body: Uint8Array;
  /** Samples in `body`, where other requests are joined to this one; else absent. */
  readonly joinedSamples?: number;
}

/**
 * How requests are read. `stored`: as they are. `probe`: the same, but the first one of the agent's own metrics has the
 * next such one joined to it. `joined`: a backlog of several windows as one request with its series merged, else as stored.
 */
export type ReadForm = "stored" | "probe" | "joined";

export interface Advance {
  /** Accepted, with all requests before it; null where none is since the last call. */
  readonly acceptedId: number | null;
  /** What is read comes behind this id. */
  readonly afterId: number;
  readonly form: ReadForm;
  /** Stored requests that are read, 0 for none; a joined one counts as one. */
  readonly maxRequests: number;
  /** Of one joined request. */
  readonly maxJoinedSamples: number;
}

export interface PendingRequests {
  /** In order. A joined one has the id of the last request that is accepted with it. */
  readonly requests: readonly OutboxRequest[];
  /** There may be others behind them. */
  readonly more: boolean;
}

export interface Outbox {
  /** Once the acceptance is durable, the oldest requests that `endpoint` has not accepted. Both cost one call. */
  advance(endpoint: string, advance: Advance): Promise<PendingRequests>;
  /**
   * Durable when it resolves: `endpoint` gets request `id`, and those before it, never again. Of `id` itself `refused` was
   * not accepted: kept as dead letters in the same commit, once however often it is called. Resolves to how many older
   * dead letters had to make room.
   */
  park(endpoint: string, id: number, refused: readonly RefusedSample[]): Promise<number>;
}
