// The stage's own metrics; label `endpoint` names the endpoint.

import { Counter, Gauge, Summary } from "prom-client";
import type { Metrics } from "../telemetry/metrics.ts";

/** Made once per registry. */
export class ShipMetrics {
  readonly samplesAccepted: Counter<"endpoint">;
  /** `code` is the HTTP status, or "none" where no complete answer came. */
  readonly requests: Counter<"endpoint" | "code">;
  readonly retries: Counter<"endpoint">;
  readonly sentBytes: Counter<"endpoint">;
  /** Sum and count alone: each quantile or bucket would be one more pushed series. */
  readonly requestDuration: Summary<"endpoint">;
  readonly lastSuccess: Gauge<"endpoint">;

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
  }

  /** Counters of a new endpoint start at an explicit 0, so that their first increase is visible. */
  begin(endpoint: string): void {
    for (const counter of [this.samplesAccepted, this.retries, this.sentBytes]) counter.inc({ endpoint }, 0);
  }

  /** A removed endpoint must not look like one that fails. */
  forget(endpoint: string): void {
    this.lastSuccess.remove(endpoint);
  }
}
