// The parts of one request as request bodies. The request itself is sent as it is stored, and cut only when it has to be.

import { type CutSample, cutRequest, joinSamples } from "./cut-request.ts";
import { type Part, sizeOf } from "./division.ts";
import type { OutboxRequest } from "./outbox.ts";

export class RequestParts {
  readonly #request: OutboxRequest;
  #samples: readonly CutSample[] | null = null;

  constructor(request: OutboxRequest) {
    this.#request = request;
  }

  /** Throws where the stored bytes are not a request of as many samples as they should be. */
  body(part: Part): Uint8Array {
    if (sizeOf(part) === this.#request.samples) return this.#request.body;
    return joinSamples(this.samples(part));
  }

  /** Throws as `body` does. */
  samples({ from, to }: Part): readonly CutSample[] {
    this.#samples ??= this.#cut();
    return this.#samples.slice(from, to);
  }

  #cut(): readonly CutSample[] {
    const { body, samples } = this.#request;
    const cut = cutRequest(body);
    if (cut.length !== samples) throw new Error(`it has ${cut.length} samples, not ${samples}`);
    return cut;
  }
}
