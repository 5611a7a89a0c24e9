// What the agent does beside capturing and shipping, once after each window's end: settles what nothing more can come
// of, queues its own metrics, and now and then erases what is past its retention. A refusal of the ledger is logged and
// tried again with the next window: nothing here is lost by waiting.

import { setTimeout as sleep } from "node:timers/promises";
import type { FillLog } from "./ledger/fill-log.ts";
import { LedgerCallError, type LedgerClient } from "./ledger/ledger-client.ts";
import { type Clock, floorTo } from "./model/time.ts";
import { type BilledContract, unbilledPeriods } from "./unbilled-periods.ts";
import type { AgentMetrics } from "./telemetry/agent-metrics.ts";
import type { Log } from "./telemetry/log.ts";
import { type Metrics, selfSamples } from "./telemetry/metrics.ts";

export interface HousekeepingParts {
  readonly ledger: Pick<LedgerClient, "call">;
  readonly queue: { readonly pendingFromMs: number | null };
  readonly metrics: Metrics;
  readonly agentMetrics: AgentMetrics;
  readonly fillLog: FillLog;
  readonly log: Log;
  readonly clock: Clock;
  readonly windowMs: number;
  readonly retentionMs: number;
  /** Those of the configuration, as it is now. */
  readonly contracts: () => readonly BilledContract[];
}

/** A window is committed by then: the agent's own metrics include it. */
const DELAY_MS = 2_000;
const ERASE_INTERVAL_MS = 3_600_000;
const NOTICE_INTERVAL_MS = 86_400_000;

const UNBILLED =
  "a month's intervals are erased soon and it has no final bill: close it (report --finalize), or raise buffer.retention";

export class Housekeeping {
  readonly #parts: HousekeepingParts;
  #erasedMs = 0;
  #noticedMs = 0;

  constructor(parts: HousekeepingParts) {
    this.#parts = parts;
  }

  /** Rejects with a LedgerCallError that no later try will change. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, windowMs, log } = this.#parts;
    while (!signal.aborted) {
      const endMs = floorTo(clock.now(), windowMs) + windowMs;
      await sleep(Math.max(0, endMs + DELAY_MS - clock.now()), undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      await this.#windowEnded(endMs).catch((error: unknown) => {
        if (error instanceof LedgerCallError && error.isFinal) throw error;
        log.error({ err: error }, "housekeeping failed");
      });
    }
  }

  /** Brings the gauges that are read from the ledger up to date. */
  async observe(): Promise<void> {
    const { ledger, agentMetrics, fillLog } = this.#parts;
    const backlog = await ledger.call("backlog");
    fillLog.observe(await ledger.call("fill"));
    agentMetrics.observe(backlog, fillLog.state);
  }

  async #windowEnded(endMs: number): Promise<void> {
    const { ledger, metrics, agentMetrics, clock } = this.#parts;
    agentMetrics.committed(await ledger.call("settle", { endedByMs: this.#settledMs() }));
    await this.observe();
    agentMetrics.committed(await ledger.call("appendSelf", await selfSamples(metrics), endMs));
    agentMetrics.restartMaxima();
    await ledger.call("giveBack");
    if (clock.now() - this.#noticedMs >= NOTICE_INTERVAL_MS) await this.#noticeUnbilled();
    if (clock.now() - this.#erasedMs >= ERASE_INTERVAL_MS) await this.#erase();
  }

  /** Until when nothing more comes: neither from capture nor from the queue of a ledger that refused. */
  #settledMs(): number {
    const { queue, clock, windowMs } = this.#parts;
    return Math.min(clock.now() - 2 * windowMs, queue.pendingFromMs ?? Number.POSITIVE_INFINITY);
  }

  async #noticeUnbilled(): Promise<void> {
    const { ledger, clock, retentionMs, contracts, log } = this.#parts;
    const nowMs = clock.now();
    const state = await ledger.call("billingState");
    this.#noticedMs = nowMs;
    for (const { erasedFromMs, ...bill } of unbilledPeriods(contracts(), state, { nowMs, retentionMs }))
      log.warn({ ...bill, erased_from: new Date(erasedFromMs).toISOString() }, UNBILLED);
  }

  async #erase(): Promise<void> {
    const { ledger, clock, retentionMs, log } = this.#parts;
    this.#erasedMs = clock.now();
    const beforeMs = this.#erasedMs - retentionMs;
    const rows = await ledger.call("eraseBefore", beforeMs);
    const erased = { rows, before: new Date(beforeMs).toISOString(), retention_ms: retentionMs };
    if (rows > 0) log.info(erased, "erased what is past its retention; final bills stay");
  }
}
