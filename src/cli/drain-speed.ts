// How fast an endpoint's backlog shrinks, from looks at it one after another: what is sent, less what comes in meanwhile.

export interface Drain {
  readonly samplesPerSecond: number;
  /** Until nothing is pending, at this speed; null where the backlog does not shrink. */
  readonly leftSeconds: number | null;
}

interface Look {
  readonly timeMs: number;
  readonly samples: number;
}

/** Sending goes by schedule, so the speed is that of some time. */
const SPAN_MS = 60_000;

export class DrainSpeeds {
  readonly #looks = new Map<string, Look[]>();

  /** Notes the backlog of an endpoint; null while there is none, or only one look at it. */
  look(endpoint: string, { timeMs, samples }: Look): Drain | null {
    if (samples === 0) {
      this.#looks.delete(endpoint);
      return null;
    }
    const looks = [...(this.#looks.get(endpoint) ?? []), { timeMs, samples }];
    // The oldest of a span, so that slow looks have one to compare with.
    while (looks.length > 2 && timeMs - (looks[1]?.timeMs ?? timeMs) >= SPAN_MS) looks.shift();
    this.#looks.set(endpoint, looks);
    const [first] = looks;
    if (first === undefined || timeMs <= first.timeMs) return null;
    const samplesPerSecond = ((first.samples - samples) / (timeMs - first.timeMs)) * 1_000;
    return { samplesPerSecond, leftSeconds: samplesPerSecond > 0 ? samples / samplesPerSecond : null };
  }

  /** Another agent's backlog is another one. */
  forget(): void {
    this.#looks.clear();
  }
}
