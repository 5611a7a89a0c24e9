// All agents over time: who moves how much, what is late, what is missed.

import type { Section } from "./dashboard.ts";
import {
  allIntervals,
  INTERVAL_STEP,
  MONTH_POINTS,
  newest,
  NEWEST_INTERVAL,
  ONE_INTERVAL,
  own,
  rate,
} from "./expressions.ts";
import { lastSeen, PENDING_AGE } from "./fleet-expressions.ts";
import { bars, graph } from "./panels.ts";
import { AGE, SKEW } from "./thresholds.ts";

/** Who moves how much. */
export const TRAFFIC: Section = {
  title: "Traffic",
  panels: [
    graph({
      title: "All agents",
      description:
        "Bytes of billing intervals, in and out, as accounted. The last point is whole half a minute after its end.",
      size: [12, 9],
      unit: "bps",
      maxDataPoints: MONTH_POINTS,
      queries: [
        {
          expr: rate("direction", allIntervals({ lookBack: ONE_INTERVAL })),
          legend: "{{direction}}",
          minStep: INTERVAL_STEP,
        },
      ],
    }),
    graph({
      title: "Customers with most traffic",
      description: "The ten that move most at the end of the range, both directions together.",
      size: [12, 9],
      unit: "bps",
      queries: [
        {
          expr: `${rate("customer", allIntervals({ lookBack: ONE_INTERVAL }))} and on (customer) topk(10, sum by (customer) (${allIntervals({ lookBack: NEWEST_INTERVAL, atEnd: true })}))`,
          legend: "{{customer}}",
          minStep: INTERVAL_STEP,
        },
      ],
    }),
  ],
};

const byAgent = "{{instance}} {{interface}}{{endpoint}}";

/** What is late. */
export const DELIVERY: Section = {
  title: "Delivery",
  panels: [
    graph({
      title: "Delivery lag",
      description:
        "Age of the newest window that has arrived of each agent, up to an hour; a window and half a minute is as it should be. What an agent kept during an outage comes later, and is in the other graphs then.",
      size: [8, 8],
      unit: "s",
      min: 0,
      thresholds: AGE,
      queries: [{ expr: `time() - ${lastSeen("1h")}`, legend: "{{instance}}", minStep: "1m" }],
    }),
    graph({
      title: "Oldest that waits",
      description:
        "How long the oldest window has waited for an endpoint. acct-agent status on the agent says why: bring the endpoint back, or correct its URL and credentials (AcctBacklogOld).",
      size: [8, 8],
      unit: "s",
      min: 0,
      thresholds: AGE,
      queries: [{ expr: PENDING_AGE, legend: byAgent, minStep: "1m" }],
    }),
    graph({
      title: "Backlog",
      description: "Samples that an endpoint has not accepted. They wait in the ledger, up to buffer.max_bytes.",
      size: [8, 8],
      unit: "short",
      min: 0,
      queries: [
        {
          expr: `max by (instance, endpoint) (${newest("acct_buffer_pending_samples")})`,
          legend: byAgent,
          minStep: "1m",
        },
      ],
    }),
  ],
};

const lost = (metric: string, matchers = ""): string => `sum by (instance) (increase(${own(metric, matchers)}[1h]))`;

/** What is missed, and by which versions. */
export const QUALITY: Section = {
  title: "Quality",
  panels: [
    graph({
      title: "Completeness",
      description: "Of each window, by interface: 1 means that nothing was missed (AcctCompletenessLow).",
      size: [8, 8],
      unit: "percentunit",
      max: 1,
      queries: [
        {
          expr: `min by (instance, interface) (min_over_time(${own("acct_window_completeness_ratio")}[$__interval]))`,
          legend: byAgent,
          minStep: INTERVAL_STEP,
        },
      ],
    }),
    graph({
      title: "Drops within an hour",
      description:
        "Frames that the kernel dropped (raise capture.ring), bytes of addresses without room (raise capture.max_addresses), undelivered samples dropped for room (bring the endpoint back, or raise buffer.max_bytes), windows that the ledger refused for too long (look at the disk). Each of them is missing somewhere.",
      size: [8, 8],
      unit: "short",
      min: 0,
      queries: [
        { expr: lost("acct_capture_dropped_frames_total"), legend: "{{instance}} frames", minStep: "1m" },
        { expr: lost("acct_capture_overflow_bytes_total"), legend: "{{instance}} overflow bytes", minStep: "1m" },
        {
          expr: lost("acct_buffer_dropped_samples_total", ',reason="oldest"'),
          legend: "{{instance}} samples",
          minStep: "1m",
        },
        { expr: lost("acct_buffer_lost_windows_total"), legend: "{{instance}} windows", minStep: "1m" },
      ],
    }),
    graph({
      title: "Clock skew",
      description:
        "An agent's clock minus an endpoint's, right to about 1.5 s. Beyond 30 s bytes go to the wrong windows (AcctClockSkew): synchronise both.",
      size: [8, 8],
      unit: "s",
      thresholds: SKEW,
      queries: [
        {
          expr: `max by (instance, endpoint) (${newest("acct_ship_clock_skew_seconds")})`,
          legend: byAgent,
          minStep: "1m",
        },
      ],
    }),
    bars({
      title: "Versions",
      description: "Agents of each version, heard within a quarter of an hour.",
      size: [24, 4],
      unit: "short",
      min: 0,
      queries: [{ expr: `count by (version) (${newest("acct_agent_info")})`, legend: "{{version}}" }],
    }),
  ],
};
