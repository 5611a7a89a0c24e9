// What a customer's bill is made of: what was observed and what is missing, its networks, its addresses.

import type { Section } from "./dashboard.ts";
import {
  asCustomer,
  chosenIntervals,
  INTERVAL_STEP,
  MONTH_POINTS,
  NEWEST_INTERVAL,
  ONE_INTERVAL,
  own,
  rate,
} from "./expressions.ts";
import { graph, timeline } from "./panels.ts";
import { table } from "./table.ts";
import { COMPLETENESS } from "./thresholds.ts";

const COMPLETE = `min by (instance, interface) (min_over_time(${own("acct_window_completeness_ratio", ',instance=~"$instance"')}[$__interval]))`;

/** What was not observed, and where. */
export const MISSING: Section = {
  title: "Coverage and gaps",
  panels: [
    timeline({
      title: "Observed intervals",
      description:
        "Of each network at each agent. A hole is a gap: the agent was down, or has not delivered yet (acct-agent status there). acct-agent reconcile tells what its ledger has and this server has not.",
      size: [12, 9],
      unit: "short",
      maxDataPoints: MONTH_POINTS,
      thresholds: [[null, "green"]],
      queries: [
        {
          expr: `clamp_max(count by (instance, network) (${chosenIntervals({ lookBack: ONE_INTERVAL, matchers: ',direction="in"' })}), 1)`,
          legend: "{{instance}} {{network}}",
          minStep: INTERVAL_STEP,
        },
      ],
    }),
    graph({
      title: "Completeness of windows",
      description:
        "How much of each window the customer's agents saw. Below 1 look at drops and gaps of the agent: raise capture.ring, or find out in its log why capture was interrupted.",
      size: [12, 9],
      unit: "percentunit",
      max: 1,
      queries: [
        {
          expr: `${COMPLETE} and on (instance, interface) ${chosenIntervals({ lookBack: "1h", matchers: ',direction="in"' })}`,
          legend: "{{instance}} {{interface}}",
          minStep: INTERVAL_STEP,
        },
      ],
    }),
  ],
};

const NETWORKS = `count by (network) (${chosenIntervals({ lookBack: "1d" })})`;
const ofNetworks = (metric: string, direction?: string): string => {
  const matchers = direction === undefined ? "" : `{direction="${direction}"}`;
  return `max by (network) (${metric}${matchers}) and on (network) ${NETWORKS}`;
};
const networkRate = (direction: string): string =>
  rate("network", chosenIntervals({ lookBack: NEWEST_INTERVAL, matchers: `,direction="${direction}"` }));

/** Bits a second of each address in the last hour; over longer, 10,000 addresses are too much for a query. */
function addressRate(matchers: string): string {
  const chosen = `network=~"$network",instance=~"$instance"${matchers}`;
  const last = (labels: string): string => `rate(acct_bytes_total{${labels},${chosen}}[1h])`;
  const series = `${last('customer=~"$customer"')} or ${asCustomer(last('customer="",network=~"$customer"'))}`;
  return `sum by (ip, network) (${series}) * 8`;
}
const TOP_ADDRESSES = `topk(20, ${addressRate("")})`;

/** Whose traffic it is. */
export const WHO: Section = {
  title: "Networks and addresses",
  panels: [
    table({
      title: "Networks",
      description: "Percentiles are of the month to date, of each network on all agents, by the rule of its contract.",
      size: [14, 10],
      rows: { network: "Network" },
      columns: [
        { name: "Percentile in", expr: ofNetworks("acct:network_bps:p95_month", "in"), unit: "bps" },
        { name: "Percentile out", expr: ofNetworks("acct:network_bps:p95_month", "out"), unit: "bps" },
        { name: "In now", expr: networkRate("in"), unit: "bps" },
        { name: "Out now", expr: networkRate("out"), unit: "bps" },
        {
          name: "Coverage",
          expr: ofNetworks("acct:network_coverage:month"),
          unit: "percentunit",
          thresholds: COMPLETENESS,
        },
        { name: "Previous, in", expr: ofNetworks("acct:network_bps:p95_previous_month", "in"), unit: "bps" },
        { name: "Previous, out", expr: ofNetworks("acct:network_bps:p95_previous_month", "out"), unit: "bps" },
      ],
      sortBy: "Percentile in",
    }),
    table({
      title: "Addresses with most traffic in the last hour",
      description:
        "The first twenty, by the counters of each address. overflow: addresses that found no room; raise capture.max_addresses.",
      size: [10, 10],
      rows: { ip: "Address", network: "Network" },
      columns: [
        { name: "In and out", expr: TOP_ADDRESSES, unit: "bps" },
        {
          name: "In",
          expr: `${addressRate(',direction="in"')} and on (ip, network) ${TOP_ADDRESSES}`,
          unit: "bps",
        },
        {
          name: "Out",
          expr: `${addressRate(',direction="out"')} and on (ip, network) ${TOP_ADDRESSES}`,
          unit: "bps",
        },
      ],
      sortBy: "In and out",
    }),
  ],
};
