// What the log and the metrics say of remote-write 2.0 at one endpoint.

import { Counter } from "prom-client";
import type { Log } from "../telemetry/log.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { MessageEvents } from "./message-choice.ts";

/** Made once per registry. */
export class MessageReport {
  readonly #shortWrites: Counter<"endpoint">;

  constructor(metrics: Metrics) {
    this.#shortWrites = new Counter({
      name: "acct_ship_short_writes_total",
      help: "Answers with 2xx by which fewer samples were written than sent.",
      labelNames: ["endpoint"],
      registers: [metrics],
    });
  }

  /** `log` carries the endpoint's name. */
  of(endpoint: string, log: Log): MessageEvents {
    this.#shortWrites.inc({ endpoint }, 0);
    return {
      fellBack: (reason) => log.warn({ reason }, "endpoint does not take remote-write 2.0: it gets 1.0 until a reload"),
      // The endpoint's own line tells the reason: the request is held.
      short: () => this.#shortWrites.inc({ endpoint }),
    };
  }
}
