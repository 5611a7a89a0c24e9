// Where accounting puts its samples: builders of remote-write requests that end in the outbox of the same commit.

import type { Labels } from "../model/network.ts";

/** The constant part of a series' labels, prepared once by the builder that made it; opaque to accounting. */
export type SeriesTemplate = object;

export interface SampleBuilder {
  /** `varying` names the one label whose value comes with each sample. */
  template(name: string, labels: Labels, varying?: string): SeriesTemplate;
  add(template: SeriesTemplate, value: number, timeMs: number, varyingValue?: string): void;
}

/** Decides what may be thinned out first when the disk is nearly full; see docs/design.md, buffer. */
export type RequestKind = "counter" | "interval" | "self";

export interface RequestScope {
  readonly kind: RequestKind;
  readonly windowEndMs: number;
}

export interface SampleSink {
  /**
   * Collects the samples that `fill` adds into requests of their own, in the outbox behind all earlier ones.
   * One series appears at most once in it, so that no request holds two time stamps of a series.
   */
  write(scope: RequestScope, fill: (builder: SampleBuilder) => void): void;
}
