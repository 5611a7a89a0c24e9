// Where accounting puts its samples: builders of remote-write requests that end in the outbox of the same commit.

import type { Labels } from "../model/network.ts";

/** The constant part of a series' labels, prepared once by the builder that made it; opaque to accounting. */
export type SeriesTemplate = object;

export interface SampleBuilder {
  /** `varying` names the one label whose value comes with each sample. */
  template(name: string, labels: Labels, varying?: string): SeriesTemplate;
  add(template: SeriesTemplate, value: number, timeMs: number, varyingValue?: string): void;
}

export type RequestKind = "counter" | "interval" | "self";

/** All live counters of an interface. The interface's next window repeats each series, unless some end here. */
export interface LiveCounters {
  readonly interfaceId: number;
  /** Some of the series end here with a value that no earlier window of the billing interval need have. */
  readonly isLast: boolean;
}

export interface RequestScope {
  readonly kind: RequestKind;
  readonly windowEndMs: number;
  /** Set where the samples are every live counter of an interface: what may be thinned when the disk is nearly full. */
  readonly live?: LiveCounters;
}

export interface SampleSink {
  /**
   * Collects the samples that `fill` adds into requests of their own, in the outbox behind all earlier ones.
   * One series appears at most once in it, so that no request holds two time stamps of a series.
   */
  write(scope: RequestScope, fill: (builder: SampleBuilder) => void): void;
}
