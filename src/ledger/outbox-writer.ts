// Samples of one commit on their way into the outbox: encoded as they come, stored when a scope is complete, because SQLite
// writes nothing while accounting still reads rows to encode.

import type { LiveCounters, RequestScope, SampleBuilder, SampleSink } from "../account/sample-sink.ts";
import type { CounterWindows } from "../buffer/counter-windows.ts";
import type { Outbox } from "../buffer/outbox.ts";
import type { Labels } from "../model/network.ts";
import { cutRequest, joinSamples } from "../ship/cut-request.ts";
import { MAX_REQUEST_SAMPLES } from "../ship/outbox.ts";
import { type EncodedRequest, WriteRequestBuilder } from "../ship/write-request.ts";

export interface OutboxWriterOptions {
  /** With none, nothing is encoded. */
  readonly endpoints: readonly string[];
  /** `instance`, `job` and the external labels. */
  readonly baseLabels: Labels;
}

/** What one commit put into the outbox. */
export interface Written {
  readonly samples: number;
  readonly requests: number;
  readonly bytes: number;
}

const NOTHING: Written = { samples: 0, requests: 0, bytes: 0 };

export class OutboxWriter implements SampleSink {
  readonly #outbox: Outbox;
  readonly #counterWindows: CounterWindows;
  #options: OutboxWriterOptions;
  #builder: WriteRequestBuilder;
  #encoded: EncodedRequest[] = [];
  #written = NOTHING;

  constructor(outbox: Outbox, counterWindows: CounterWindows, options: OutboxWriterOptions) {
    this.#outbox = outbox;
    this.#counterWindows = counterWindows;
    this.#options = options;
    this.#builder = this.#newBuilder();
  }

  /** Since the commit began. */
  get written(): Written {
    return this.#written;
  }

  /** Takes on a changed configuration between two commits. */
  configure(options: OutboxWriterOptions): void {
    this.#options = options;
    this.#builder = this.#newBuilder();
  }

  /** A commit begins. */
  begin(): void {
    this.#written = NOTHING;
  }

  /** The commit failed: what it had encoded so far is not to be in the next one. */
  abandon(): void {
    this.#builder = this.#newBuilder();
  }

  write(scope: RequestScope, fill: (builder: SampleBuilder) => void): void {
    if (this.#options.endpoints.length === 0) return;
    fill(this.#builder);
    this.#builder.flush();
    const encoded = this.#encoded.splice(0);
    const requests = scope.kind === "counter" && !scope.live ? withVisibleEnd(encoded) : encoded;
    const ids = requests.map((request) => this.#append(scope, request));
    if (scope.live) this.#noteCounters(scope.live, scope.windowEndMs, ids);
  }

  #newBuilder(): WriteRequestBuilder {
    this.#encoded = [];
    const emit = (request: EncodedRequest): number => this.#encoded.push(request);
    const { baseLabels } = this.#options;
    return new WriteRequestBuilder({ maxSamples: MAX_REQUEST_SAMPLES, baseLabels, emit });
  }

  #noteCounters(live: LiveCounters, windowEndMs: number, ids: readonly number[]): void {
    const [first, last] = [ids[0], ids.at(-1)];
    const requests = first === undefined || last === undefined ? null : { first, last };
    this.#counterWindows.add({ ...live, windowEndMs, requests });
  }

  /** Returns its id. */
  #append({ kind, windowEndMs }: RequestScope, { samples, body }: EncodedRequest): number {
    const id = this.#outbox.append({ kind, windowEndMs, samples, body });
    this.#written = {
      samples: this.#written.samples + samples,
      requests: this.#written.requests + 1,
      bytes: this.#written.bytes + body.length,
    };
    return id;
  }
}

/**
 * The same samples, in requests of which the last is not full. Counters that a window shows once come before a later total
 * of theirs: a request that is not full is what tells the ship stage that its series may come again in the next one.
 */
function withVisibleEnd(requests: readonly EncodedRequest[]): readonly EncodedRequest[] {
  const last = requests.at(-1);
  if (last?.samples !== MAX_REQUEST_SAMPLES) return requests;
  const samples = cutRequest(last.body);
  const parts = [samples.slice(0, -1), samples.slice(-1)];
  return [...requests.slice(0, -1), ...parts.map((part) => ({ samples: part.length, body: joinSamples(part) }))];
}
