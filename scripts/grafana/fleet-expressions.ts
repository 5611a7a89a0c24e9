// PromQL of the fleet: agents heard, what they are late with, and how far off they are.

import { newest, own } from "./expressions.ts";

/** Agents that were heard in so long; the calendar is pushed by all. */
export const heard = (lookBack: string): string =>
  `count by (instance) (last_over_time(acct_period_intervals{time_zone="UTC",which="current"}[${lookBack}]))`;
const OLDEST = newest("acct_buffer_oldest_pending_timestamp_seconds");
/** Seconds that the oldest window has waited for an endpoint; 0 where nothing waits. */
export const PENDING_AGE = `max by (instance, endpoint) ((time() - ${OLDEST}) * (${OLDEST} > bool 0))`;
/** Seconds that an agent's clock and an endpoint's differ by. */
export const SKEW_BY_AGENT = `max by (instance) (abs(${newest("acct_ship_clock_skew_seconds")}))`;
/** What each agent saw of the last hour, on the interface where it was least. */
export const COMPLETE = `min by (instance) (avg_over_time(${own("acct_window_completeness_ratio")}[1h]))`;
/** When an agent's newest window ended, as far as it has arrived here. */
export const lastSeen = (lookBack: string): string =>
  `max by (instance) (max_over_time(timestamp(${own("acct_agent_start_time_seconds")})[${lookBack}:1m]))`;
