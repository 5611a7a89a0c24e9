// What is kept of a sample that a receiver does not take.

import { type CutSample, joinSamples } from "./cut-request.ts";
import { type SampleText, sampleText } from "./sample-text.ts";

export interface SampleRefusal {
  /** The HTTP status. */
  readonly code: number;
  /** What the receiver said, its first KiB. */
  readonly words: string;
  /** Milliseconds since the epoch. */
  readonly refusedMs: number;
}

export interface RefusedSample extends SampleRefusal, SampleText {
  /** Its place in the request. */
  readonly index: number;
  /** A request body with this sample alone, ready to send. */
  readonly body: Uint8Array;
}

export function refusedSample(sample: CutSample, index: number, refusal: SampleRefusal): RefusedSample {
  return { ...refusal, ...sampleText(sample), index, body: joinSamples([sample]) };
}

/**
 * What Prometheus says of a single sample with status 500: before 2.50 of one older than its out-of-order window, before
 * 2.55 of a label name that is there twice ("invalid sample"). Of its storage it says other things.
 */
const OF_A_SAMPLE = /too old sample|out of order|out of bounds|duplicate sample|invalid sample|duplicate label/i;

/** Whether these words blame a sample rather than the receiver. */
export function blamesSample(words: string): boolean {
  return OF_A_SAMPLE.test(words);
}
