// Reads an endpoint's pending requests in the form that it wants. Stored ones are passed on as they are; a joined one says
// the same as those that it is made of, each series once.

import type { Outbox } from "../buffer/outbox.ts";
import type { Advance, OutboxRequest, PendingRequests } from "../ship/outbox.ts";
import { RequestJoiner } from "../ship/request-joiner.ts";

/** Compressed bodies of one answer. */
const MAX_BYTES = 1024 * 1024;
/** Stored requests of one answer, where joining them would be of no use. */
const MAX_STORED = 16;
/** Fewer requests than this are no backlog. */
const MIN_JOINED = 4;
/** The agent's own metrics come once a window: with 65,536 addresses 132 requests lie between. */
const SELF_WITHIN = 500;

export class OutboxReader {
  readonly #outbox: Pick<Outbox, "pending" | "nextSelf">;
  readonly #joiner = new RequestJoiner();

  constructor(outbox: Pick<Outbox, "pending" | "nextSelf">) {
    this.#outbox = outbox;
  }

  read(endpoint: string, { afterId, form, maxRequests, maxJoinedSamples }: Advance): PendingRequests {
    if (maxRequests === 0) return { requests: [], more: true };
    const pending = this.#outbox.pending(endpoint, afterId);
    if (form !== "joined") {
      const stored = take(pending, { requests: maxRequests, samples: Number.POSITIVE_INFINITY });
      return form === "probe" ? this.#withProbe(stored) : stored;
    }
    const backlog = take(pending, { requests: Number.POSITIVE_INFINITY, samples: maxJoinedSamples });
    const joined = isWorthJoining(backlog.requests) ? this.#join(backlog.requests) : null;
    if (joined !== null) return { requests: [joined], more: true };
    const requests = backlog.requests.slice(0, MAX_STORED);
    return { requests, more: backlog.more || requests.length < backlog.requests.length };
  }

  /** Up to the first request of the agent's own metrics, which gets the next such one joined to it. */
  #withProbe(stored: PendingRequests): PendingRequests {
    const { requests } = stored;
    const place = requests.findIndex(({ kind }) => kind === "self");
    const first = requests[place];
    if (first === undefined || !isBacklog(requests)) return stored;
    const second = this.#outbox.nextSelf(first.id, SELF_WITHIN);
    if (second === null || second.windowEndMs === first.windowEndMs) return stored;
    const joined = this.#join([first, second]);
    if (joined === null) return stored;
    const probe = { ...joined, id: first.id, kind: first.kind, samples: first.samples };
    return { requests: [...requests.slice(0, place), probe], more: true };
  }

  #join(requests: readonly OutboxRequest[]): OutboxRequest | null {
    const body = this.#bodyOf(requests);
    if (body === null) return null;
    const samples = samplesOf(requests);
    const windowEndMs = Math.max(...requests.map((request) => request.windowEndMs));
    return { id: requests.at(-1)?.id ?? 0, windowEndMs, kind: "counter", samples, body, joinedSamples: samples };
  }

  #bodyOf(requests: readonly OutboxRequest[]): Uint8Array | null {
    try {
      return this.#joiner.join(requests.map(({ body }) => body));
    } catch {
      // Bytes that cannot be joined are sent as they are: delivery finds out what is wrong with which request.
      return null;
    }
  }
}

/** The first of `pending`, one at least, within the limits. */
function take(
  pending: Iterable<OutboxRequest>,
  most: { readonly requests: number; readonly samples: number },
): PendingRequests {
  const requests: OutboxRequest[] = [];
  let [samples, bytes] = [0, 0];
  for (const request of pending) {
    samples += request.samples;
    bytes += request.body.length;
    const isTooMuch = requests.length === most.requests || samples > most.samples || bytes > MAX_BYTES;
    if (isTooMuch && requests.length > 0) return { requests, more: true };
    requests.push(request);
  }
  return { requests, more: false };
}

function isBacklog(requests: readonly OutboxRequest[]): boolean {
  return requests.length >= MIN_JOINED && requests[0]?.windowEndMs !== requests.at(-1)?.windowEndMs;
}

/** Requests of one window have no series in common: joining them spares a receiver nothing. */
function isWorthJoining(requests: readonly OutboxRequest[]): boolean {
  if (!isBacklog(requests)) return false;
  const firstWindow = requests.filter(({ windowEndMs }) => windowEndMs === requests[0]?.windowEndMs);
  return samplesOf(firstWindow) <= samplesOf(requests) / 2;
}

function samplesOf(requests: readonly OutboxRequest[]): number {
  return requests.reduce((sum, { samples }) => sum + samples, 0);
}
