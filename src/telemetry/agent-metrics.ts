// The metrics of the agent as a whole and of its ledger.

import { monitorEventLoopDelay } from "node:perf_hooks";
import { Counter, Gauge } from "prom-client";
import type { Metrics } from "./metrics.ts";

interface Commit {
  readonly samples: number;
  readonly requests: number;
  readonly bytes: number;
  readonly lateBytes: number;
  readonly durationMs: number;
}

interface Pending {
  readonly endpoint: string;
  readonly requests: number;
  readonly samples: number;
  readonly oldestWindowEndMs: number | null;
  readonly deadLetters: number;
}

interface Fill {
  readonly usedBytes: number;
  readonly maxBytes: number;
  /** Samples by reason, since the ledger was made. */
  readonly dropped: { readonly thinned: number; readonly dead_letter: number; readonly oldest: number };
}

const STALL_RESOLUTION_MS = 10;

export class AgentMetrics {
  readonly commitFailures: Counter;
  readonly lostWindows: Counter;
  readonly #windows: Counter<"interface">;
  readonly #completeness: Gauge<"interface">;
  readonly #samples: Counter;
  readonly #bytes: Counter;
  readonly #commitSeconds: Counter;
  readonly #late: Counter;
  readonly #dropped: Counter<"reason">;
  #droppedBefore = { thinned: 0, dead_letter: 0, oldest: 0 };
  readonly #pendingRequests: Gauge<"endpoint">;
  readonly #pendingSamples: Gauge<"endpoint">;
  readonly #oldest: Gauge<"endpoint">;
  readonly #deadLetters: Gauge<"endpoint">;
  readonly #ledgerBytes: Gauge;
  readonly #maxBytes: Gauge;
  readonly #stall: Gauge;
  readonly #resident: Gauge;
  readonly #delay = monitorEventLoopDelay({ resolution: STALL_RESOLUTION_MS });

  constructor(metrics: Metrics, version: string) {
    const registers = [metrics];
    const counter = (name: string, help: string) => new Counter({ name: `acct_${name}`, help, registers });
    const gauge = (name: string, help: string) => new Gauge({ name: `acct_${name}`, help, registers });
    const byEndpoint = (name: string, help: string) =>
      new Gauge({ name: `acct_buffer_${name}`, help, registers, labelNames: ["endpoint"] });
    const labelNames: "interface"[] = ["interface"];
    this.#windows = new Counter({
      name: "acct_account_windows_total",
      help: "Windows committed.",
      registers,
      labelNames,
    });
    const completeness = "acct_account_window_completeness_ratio";
    this.#completeness = new Gauge({
      name: completeness,
      help: "Completeness of the last window.",
      registers,
      labelNames,
    });
    this.#late = counter("account_late_bytes_total", "Bytes that came after their billing interval was pushed.");
    this.commitFailures = counter("buffer_commit_failures_total", "Commits that the ledger refused.");
    this.lostWindows = counter(
      "buffer_lost_windows_total",
      "Windows given up because the ledger refused for too long.",
    );
    this.#samples = counter("buffer_samples_total", "Samples put into the outbox.");
    this.#bytes = counter("buffer_request_bytes_total", "Compressed bytes put into the outbox.");
    this.#commitSeconds = counter("buffer_commit_seconds_total", "Time that commits took, encoding included.");
    this.#dropped = new Counter({
      name: "acct_buffer_dropped_samples_total",
      help: "Undelivered samples dropped to keep within buffer.max_bytes, since the ledger was made.",
      registers,
      labelNames: ["reason"],
    });
    this.#pendingRequests = byEndpoint("pending_requests", "Requests that the endpoint has not accepted.");
    this.#pendingSamples = byEndpoint("pending_samples", "Samples that the endpoint has not accepted.");
    this.#oldest = byEndpoint("oldest_pending_timestamp_seconds", "End of the oldest pending window; 0 for none.");
    this.#deadLetters = new Gauge({
      name: "acct_ship_dead_letters",
      help: "Samples that the endpoint refused, kept until somebody acts.",
      registers,
      labelNames: ["endpoint"],
    });
    this.#ledgerBytes = gauge("buffer_ledger_bytes", "Bytes in use in the ledger file.");
    this.#maxBytes = gauge("buffer_max_bytes", "Bytes beyond which queued samples are dropped.");
    this.#stall = gauge("agent_event_loop_stall_seconds", "Longest pause of the event loop since the last push.");
    this.#resident = gauge("agent_resident_memory_bytes", "Resident memory of the agent's own process.");
    const info = { name: "acct_agent_info", help: "1, with the agent's version.", registers, labelNames: ["version"] };
    new Gauge(info).set({ version }, 1);
    gauge("agent_start_time_seconds", "When the agent started.").set(Math.floor(Date.now() / 1_000));
    this.#delay.enable();
  }

  windowCommitted(interfaceName: string, completeness: number, commit: Commit): void {
    this.#windows.inc({ interface: interfaceName });
    this.#completeness.set({ interface: interfaceName }, completeness);
    this.committed(commit);
  }

  committed(commit: Commit): void {
    this.#samples.inc(commit.samples);
    this.#bytes.inc(commit.bytes);
    this.#commitSeconds.inc(commit.durationMs / 1_000);
    this.#late.inc(commit.lateBytes);
  }

  /** Sets what is read from the ledger and the process, just before a push or a scrape. */
  observe(backlog: readonly Pending[], fill: Fill | null): void {
    for (const { endpoint, requests, samples, oldestWindowEndMs, deadLetters } of backlog) {
      this.#pendingRequests.set({ endpoint }, requests);
      this.#pendingSamples.set({ endpoint }, samples);
      this.#oldest.set({ endpoint }, (oldestWindowEndMs ?? 0) / 1_000);
      this.#deadLetters.set({ endpoint }, deadLetters);
    }
    if (fill) this.#observeFill(fill);
    this.#resident.set(process.memoryUsage.rss());
    this.#stall.set(Math.max(0, this.#delay.max / 1e9 - STALL_RESOLUTION_MS / 1_000));
  }

  #observeFill({ usedBytes, maxBytes, dropped }: Fill): void {
    this.#ledgerBytes.set(usedBytes);
    this.#maxBytes.set(maxBytes);
    for (const reason of ["thinned", "dead_letter", "oldest"] as const) {
      this.#dropped.inc({ reason }, Math.max(0, dropped[reason] - this.#droppedBefore[reason]));
    }
    this.#droppedBefore = dropped;
  }

  /** Starts the next stretch of what is a maximum "since the last push". */
  restartMaxima(): void {
    this.#delay.reset();
  }
}
