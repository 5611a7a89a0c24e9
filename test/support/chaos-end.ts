// What a ledger and its two receivers hold in the end, against what was sent and against each other: one line for each
// difference.

import { newestDifferences, storeDifferences } from "./chaos-differences.ts";
import { type Expectation, ledgerDifferences } from "./ledger-differences.ts";
import { type AddressUsage, ledgerIntervals, ledgerUsage, ledgerWindows } from "./ledger-rows.ts";
import {
  arrivedSamples,
  completenessDifferences,
  contradictions,
  pushedDifferences,
  storedSamples,
} from "./pushed-differences.ts";
import type { Receiver } from "./receiver.ts";

export interface ChaosEnd {
  readonly stateDir: string;
  readonly chaos: Receiver;
  readonly steady: Receiver;
  /** The time of the samples of the last window that is compared. */
  readonly untilMs: number;
}

export function endDifferences(expected: Expectation, { stateDir, chaos, steady, untilMs }: ChaosEnd): string[] {
  const usage = ledgerUsage(stateDir);
  const content = { usage, windows: ledgerWindows(stateDir), intervals: ledgerIntervals(stateDir) };
  const of = (name: string, lines: readonly string[]): string[] => lines.map((line) => `${name}: ${line}`);
  return [
    ...of("ledger", ledgerDifferences(expected, content)),
    ...storeDifferences(chaos, steady, untilMs),
    ...of("chaos", receiverDifferences(expected, chaos, usage)),
    ...of("steady", receiverDifferences(expected, steady, usage)),
  ];
}

function receiverDifferences(expected: Expectation, receiver: Receiver, usage: readonly AddressUsage[]): string[] {
  const stored = storedSamples(receiver);
  const errors = receiver.errors.map(String).filter((error) => error.includes("another value"));
  return [
    ...errors,
    // What was refused must not contradict what was stored either.
    ...contradictions(arrivedSamples(receiver)),
    ...pushedDifferences(expected, stored),
    ...completenessDifferences(expected, stored),
    ...newestDifferences(usage, stored),
  ];
}
