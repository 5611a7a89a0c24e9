// The stage's own metrics; label `endpoint` names the endpoint.

import { Counter, Gauge, Summary } from "prom-client";
import type { Metrics } from "../telemetry/metrics.ts";

/** Made once per registry. */
export class ShipMetrics {
  readonly samplesAccepted: Counter<"endpoint">;
  /** `code` is the HTTP status, or "none" where no complete answer came. */
  readonly requests: Counter<"endpoint" | "code">;
  readonly retries: Counter<"endpoint">;
  readonly samplesRetried: Counter<"endpoint">;
  /** `code` is the HTTP status that the sample got by itself. */
  readonly samplesRejected: Counter<"endpoint" | "code">;
  /** `reason`: "dead_letter_limit" alone; what the ledger drops is counted by the buffer. */
  readonly samplesDropped: Counter<"endpoint" | "reason">;
  readonly bisections: Counter<"endpoint">;
  readonly sentBytes: Counter<"endpoint">;
  /** Sum and count alone: each quantile or bucket would be one more pushed series. */
  readonly requestDuration: Summary<"endpoint">;
  readonly lastSuccess: Gauge<"endpoint">;
  readonly clockSkew: Gauge<"endpoint">;

  constructor(metrics: Metrics) {
    const registers = [metrics];
    const labelNames = ["endpoint"] as const;
    this.samplesAccepted = new Counter({
      name: "acct_ship_samples_accepted_total",
      help: "Samples that the endpoint answered for with 2xx.",
      labelNames,
      registers,
    });
    this.requests = new Counter({
      name: "acct_ship_requests_total",
      help: "Pushes by the answer's HTTP status, none where no complete answer came.",
      labelNames: ["endpoint", "code"],
      registers,
    });
    this.retries = new Counter({
      name: "acct_ship_retries_total",
      help: "Pushes of a request that was pushed before.",
      labelNames,
      registers,
    });
    this.samplesRetried = new Counter({
      name: "acct_ship_samples_retried_total",
      help: "Samples in pushes of a request, or a part of one, that was pushed before.",
      labelNames,
      registers,
    });
    this.samplesRejected = new Counter({
      name: "acct_ship_samples_rejected_total",
      help: "Samples that the endpoint refused by themselves; they are kept as dead letters.",
      labelNames: ["endpoint", "code"],
      registers,
    });
    this.samplesDropped = new Counter({
      name: "acct_ship_samples_dropped_total",
      help: "Dead letters dropped for younger ones.",
      labelNames: ["endpoint", "reason"],
      registers,
    });
    this.bisections = new Counter({
      name: "acct_ship_bisections_total",
      help: "Requests that were not accepted as they are and taken apart.",
      labelNames,
      registers,
    });
    this.sentBytes = new Counter({
      name: "acct_ship_sent_bytes_total",
      help: "Bytes of compressed request bodies pushed, repeats included.",
      labelNames,
      registers,
    });
    this.requestDuration = new Summary({
      name: "acct_ship_request_duration_seconds",
      help: "Time from the start of a push to its outcome.",
      labelNames,
      percentiles: [],
      registers,
    });
    this.lastSuccess = new Gauge({
      name: "acct_ship_last_success_timestamp_seconds",
      help: "When the endpoint last accepted a request, seconds since the epoch.",
      labelNames,
      registers,
    });
    this.clockSkew = new Gauge({
      name: "acct_ship_clock_skew_seconds",
      help: "This host's clock minus the endpoint's, by the Date of its last answer.",
      labelNames,
      registers,
    });
  }

  /** Counters of a new endpoint start at an explicit 0, so that their first increase is visible. */
  begin(endpoint: string): void {
    const { samplesAccepted, retries, samplesRetried, bisections, sentBytes } = this;
    for (const counter of [samplesAccepted, retries, samplesRetried, bisections, sentBytes])
      counter.inc({ endpoint }, 0);
    this.samplesDropped.inc({ endpoint, reason: "dead_letter_limit" }, 0);
  }

  /** A removed endpoint must not look like one that fails. */
  forget(endpoint: string): void {
    this.lastSuccess.remove(endpoint);
    this.clockSkew.remove(endpoint);
  }
}
