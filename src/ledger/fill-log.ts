// Says in the log how full the ledger is, before and while samples are dropped for it: an early warning, and for each
// episode of dropping a first line, at most one a minute with what it has come to, and a last one.

import type { DroppedSamples } from "../buffer/outbox-trim.ts";
import type { Clock } from "../model/time.ts";
import type { Log } from "../telemetry/log.ts";
import type { LedgerFill } from "./ledger.ts";

export interface FillLogOptions {
  readonly maxBytes: number;
  readonly windowMs: number;
  readonly log: Log;
  readonly clock: Clock;
}

/** What is known of the ledger's fill, for metrics and the status. */
export interface FillState extends LedgerFill {
  readonly maxBytes: number;
  /** Since when samples are being dropped; null while none are. */
  readonly droppingSinceMs: number | null;
}

interface Episode {
  readonly sinceMs: number;
  /** Totals when it began. */
  readonly before: DroppedSamples;
  /** When samples were last found dropped, and when that was last logged. */
  droppedMs: number;
  loggedMs: number;
}

const WARN_AT = 0.8;
const CLEAR_BELOW = 0.75;
const REPEAT_MS = 60_000;
/** Without a drop for so long, and two windows, an episode is over. */
const QUIET_MS = 120_000;
const FIX = "bring the endpoints back, or raise buffer.max_bytes";

export class FillLog {
  readonly #options: FillLogOptions;
  #fill: LedgerFill | null = null;
  #warned = false;
  #episode: Episode | null = null;

  constructor(options: FillLogOptions) {
    this.#options = options;
  }

  /** Null before the first `observe`. */
  get state(): FillState | null {
    if (this.#fill === null) return null;
    return { ...this.#fill, maxBytes: this.#options.maxBytes, droppingSinceMs: this.#episode?.sinceMs ?? null };
  }

  /** Takes what the ledger says now; called after each window. */
  observe(fill: LedgerFill): void {
    const before = this.#fill?.dropped ?? fill.dropped;
    this.#fill = fill;
    this.#warn(fill.usedBytes);
    if (total(fill.dropped) > total(before)) this.#dropped(fill.dropped, before);
    else this.#endQuiet(fill.dropped);
  }

  #warn(usedBytes: number): void {
    const { maxBytes, log } = this.#options;
    const facts = { used_bytes: usedBytes, max_bytes: maxBytes };
    if (!this.#warned && usedBytes >= WARN_AT * maxBytes) {
      this.#warned = true;
      log.warn(facts, `the ledger is over 80 % of buffer.max_bytes, at which queued samples are dropped: ${FIX}`);
    } else if (this.#warned && usedBytes < CLEAR_BELOW * maxBytes) {
      this.#warned = false;
      log.info(facts, "the ledger is below 75 % of buffer.max_bytes again");
    }
  }

  #dropped(now: DroppedSamples, before: DroppedSamples): void {
    const nowMs = this.#options.clock.now();
    const begins = this.#episode === null;
    this.#episode ??= { sinceMs: nowMs, before, droppedMs: nowMs, loggedMs: nowMs };
    const episode = this.#episode;
    episode.droppedMs = nowMs;
    if (!begins && nowMs - episode.loggedMs < REPEAT_MS) return;
    episode.loggedMs = nowMs;
    const facts = describe(episode, now);
    if (begins) this.#options.log.error(facts, `the ledger is full: queued samples are dropped; ${FIX}`);
    else this.#options.log.warn(facts, "the ledger is still full: queued samples are dropped");
  }

  #endQuiet(now: DroppedSamples): void {
    const { clock, windowMs, log } = this.#options;
    const episode = this.#episode;
    if (episode === null || clock.now() - episode.droppedMs < Math.max(QUIET_MS, 2 * windowMs)) return;
    log.warn(describe(episode, now), "the ledger is no longer full: this is what was dropped");
    this.#episode = null;
  }
}

function describe({ sinceMs, before }: Episode, now: DroppedSamples) {
  return {
    since: new Date(sinceMs).toISOString(),
    thinned: now.thinned - before.thinned,
    dead_letter: now.dead_letter - before.dead_letter,
    oldest: now.oldest - before.oldest,
  };
}

function total({ thinned, dead_letter, oldest }: DroppedSamples): number {
  return thinned + dead_letter + oldest;
}
