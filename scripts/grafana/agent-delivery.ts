// Delivery of an agent to each of its endpoints.

import { by, inHour, lines, own, perSecond } from "./agent-panels.ts";
import type { Section } from "./dashboard.ts";

const ACCEPTED = "acct_ship_samples_accepted_total";
/** A line at 0 for each endpoint, where a counter begins with its first event. */
const orNone = (expression: string): string => `${expression} or ${by("endpoint", `0 * ${own(ACCEPTED)}`)}`;

/** Of each endpoint. */
export const SHIP: Section = {
  title: "Delivery",
  panels: [
    lines({
      title: "Samples accepted",
      description:
        "By each endpoint, and what is put into the outbox for it. Where acceptance stays below, the backlog grows.",
      unit: "cps",
      lines: [
        [perSecond(ACCEPTED), "{{endpoint}}"],
        [perSecond("acct_buffer_samples_total"), "outbox"],
      ],
    }),
    lines({
      title: "Requests by code",
      description:
        "none: no complete answer came. What codes mean, and what to do, is in docs/operating.md, What receivers say.",
      unit: "reqps",
      lines: [[by("endpoint, code", perSecond("acct_ship_requests_total")), "{{endpoint}} {{code}}"]],
    }),
    lines({
      title: "Time of a request",
      description: "Mean, from its start to its outcome.",
      unit: "s",
      lines: [
        [
          `${perSecond("acct_ship_request_duration_seconds_sum")} / ${perSecond("acct_ship_request_duration_seconds_count")}`,
          "{{endpoint}}",
        ],
      ],
    }),
    lines({
      title: "Waiting",
      description: "Samples that an endpoint has not accepted.",
      unit: "short",
      lines: [
        [own("acct_buffer_pending_samples"), "{{endpoint}} samples"],
        [own("acct_buffer_pending_requests"), "{{endpoint}} requests"],
      ],
    }),
    lines({
      title: "Oldest that waits",
      description: "Since when the oldest window has waited for an endpoint (AcctBacklogOld from an hour on).",
      unit: "s",
      lines: [
        [
          `(time() - ${own("acct_buffer_oldest_pending_timestamp_seconds")}) * (${own("acct_buffer_oldest_pending_timestamp_seconds")} > bool 0)`,
          "{{endpoint}}",
        ],
      ],
    }),
    lines({
      title: "Retries, within an hour",
      description: "Pushes and samples repeated, and requests that were taken apart.",
      unit: "short",
      lines: [
        [inHour("acct_ship_retries_total"), "{{endpoint}} pushes"],
        [inHour("acct_ship_samples_retried_total"), "{{endpoint}} samples"],
        [inHour("acct_ship_bisections_total"), "{{endpoint}} taken apart"],
      ],
    }),
    lines({
      title: "Rejected samples by code, within an hour",
      description: "Refused by themselves, and kept as dead letters: end the cause, then acct-agent dead-letter retry.",
      unit: "short",
      lines: [[orNone(by("endpoint, code", inHour("acct_ship_samples_rejected_total"))), "{{endpoint}} {{code}}"]],
    }),
    lines({
      title: "Dead letters, short writes",
      description:
        "Kept dead letters; within an hour those dropped for younger ones, and answers to remote-write 2.0 by which fewer samples were written than sent: look at the receiver's log.",
      unit: "short",
      lines: [
        [own("acct_ship_dead_letters"), "{{endpoint}} kept"],
        [inHour("acct_ship_samples_dropped_total"), "{{endpoint}} dropped"],
        [inHour("acct_ship_short_writes_total"), "{{endpoint}} short writes"],
      ],
    }),
    lines({
      title: "Bytes sent",
      description: "Compressed request bodies, repeats included, and what is put into the outbox.",
      unit: "bps",
      lines: [
        [`${perSecond("acct_ship_sent_bytes_total")} * 8`, "{{endpoint}}"],
        [`${perSecond("acct_buffer_request_bytes_total")} * 8`, "outbox"],
      ],
    }),
  ],
};
