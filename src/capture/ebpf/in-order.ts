// Windows of several interfaces, each in order, brought into one order: a receiver without an out-of-order window takes
// no sample that is an hour behind the newest one, so one interface's long past must not wait behind another's.

import type { WindowUsage } from "../../model/window.ts";
import type { WindowSink } from "../window-sink.ts";

interface Offer {
  readonly startMs: number;
  readonly pass: () => void;
}

/** A sink for each of `members` takes one window at a time; the oldest goes on once every member has offered or ended. */
export class InOrder<Member> {
  readonly #sink: WindowSink;
  readonly #waiting = new Map<Member, Offer | null>();

  constructor(sink: WindowSink, members: Iterable<Member>) {
    this.#sink = sink;
    for (const member of members) this.#waiting.set(member, null);
  }

  /** What `member` offers its windows to. After `end` they go straight on. */
  sinkOf(member: Member): WindowSink {
    return {
      closed: (window) => this.#offer(member, window).then(() => this.#sink.closed(window)),
      open: (window) => this.#offer(member, window).then(() => this.#sink.open(window)),
    };
  }

  /** Nobody waits for `member` any more. */
  end(member: Member): void {
    this.#waiting.get(member)?.pass();
    this.#waiting.delete(member);
    this.#passOldest();
  }

  #offer(member: Member, { startMs }: WindowUsage): Promise<void> {
    if (!this.#waiting.has(member)) return Promise.resolve();
    return new Promise((pass) => {
      this.#waiting.set(member, { startMs, pass });
      this.#passOldest();
    });
  }

  #passOldest(): void {
    const offers = [...this.#waiting];
    let oldest: readonly [Member, Offer] | null = null;
    for (const [member, offer] of offers) {
      if (offer === null) return;
      if (oldest === null || offer.startMs < oldest[1].startMs) oldest = [member, offer];
    }
    if (oldest === null) return;
    this.#waiting.set(oldest[0], null);
    oldest[1].pass();
  }
}
