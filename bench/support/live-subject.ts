// What a program is whose live capture is compared with others': it counts the packets of one interface, and says how
// many it counted.

import { setTimeout as sleep } from "node:timers/promises";
import type { Namespace } from "../../test/support/netns.ts";

/** What a subject gets of the kernel's memory where that can be chosen; the agent has its default, the same. */
export const BUFFER_BYTES = 64 * 2 ** 20;

export interface LiveSubject extends AsyncDisposable {
  readonly pid: number;
  /** Packets counted since the start, as far as the program has told by now. */
  counted(): Promise<number>;
  /** Packets that the program itself knows it lost; NaN where it does not say. */
  dropped(): Promise<number>;
}

export interface LiveSubjectKind {
  readonly name: string;
  /** How long after the last packet its figure may still grow. */
  readonly settleMs: number;
  /** Resolves when packets are being captured. */
  start(edge: Namespace, folder: string): Promise<LiveSubject>;
}

/** The subject's count when it has reached `expected`, or when it has had its time. */
export async function settledCount(subject: LiveSubject, expected: number, settleMs: number): Promise<number> {
  const endMs = performance.now() + settleMs;
  for (;;) {
    const counted = await subject.counted();
    if (counted >= expected || performance.now() > endMs) return counted;
    await sleep(100);
  }
}
