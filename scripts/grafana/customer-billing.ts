// What customers are billed: the month to date against the commit, what it is made of, and what is missing.

import { MISSING, WHO } from "./customer-sources.ts";
import { type Dashboard, type Section, valuesVariable } from "./dashboard.ts";
import { chosenIntervals, INTERVAL_STEP, MONTH_POINTS, ONE_INTERVAL, rate } from "./expressions.ts";
import { graph, type Panel, stat, text, type Thresholds } from "./panels.ts";
import { COMPLETENESS, LEFT, OF_COMMIT } from "./thresholds.ts";

const CONTRACT = "{{customer}} {{contract}}";
const recorded = (name: string): string => `acct:customer_${name}{customer=~"$customer"}`;
const BILLABLE = recorded("billable_bps:month");
const COMMIT = recorded("commit_bps:month");
const BURST = recorded("burst_intervals:month");
const BURST_LEFT = recorded("burst_intervals_left:month");

interface Figure {
  readonly title: string;
  readonly description: string;
  readonly expr: string;
  readonly unit: string;
  readonly thresholds?: Thresholds;
  readonly noValue?: string;
}

function figure({ expr, ...look }: Figure): Panel {
  return stat({ ...look, size: [4, 4], queries: [{ expr, legend: CONTRACT }] });
}

const NO_COMMIT = { noValue: "no commit" } as const;

const MONTH: Section = {
  title: "Month to date",
  panels: [
    figure({
      title: "Billable to date",
      description:
        "The contract's percentile of the month so far, before rounding: what the month comes to if the rest is as it was.",
      expr: BILLABLE,
      unit: "bps",
    }),
    figure({ title: "Commit", description: "What is charged at least.", expr: COMMIT, unit: "bps", ...NO_COMMIT }),
    figure({
      title: "Of the commit",
      description: "Above 100 % the month is billed above the commit, as it looks now.",
      expr: `${BILLABLE} / ${COMMIT}`,
      unit: "percentunit",
      thresholds: OF_COMMIT,
      ...NO_COMMIT,
    }),
    figure({
      title: "Burst budget left",
      description:
        "Of the intervals that may exceed the commit in the whole month. Below 0 the month is billed above it whatever comes (AcctCommitNearlyReached warns before): lower the traffic, or agree on a higher commit.",
      expr: `${BURST_LEFT} / ${BURST}`,
      unit: "percentunit",
      thresholds: LEFT,
      ...NO_COMMIT,
    }),
    figure({
      title: "Burst time left",
      description: "The same as time above the commit: intervals of 300 s.",
      expr: `${BURST_LEFT} * 300`,
      unit: "s",
      ...NO_COMMIT,
    }),
    figure({
      title: "Coverage",
      description:
        "Intervals that are here over those expected. What is missing counts by the contract's gap policy: see below which agent lacks it.",
      expr: recorded("coverage:month"),
      unit: "percentunit",
      thresholds: COMPLETENESS,
    }),
  ],
};

const INTERVALS: Section = {
  title: "Intervals",
  panels: [
    graph({
      title: "In and out by intervals of 300 s, percentile and commit",
      description:
        "Up to a month each point is a billing interval. The dashed lines are the month's percentile and commit as of the end of the range; they are the contract's, whatever networks and agents are chosen. About one interval in twenty is above a 95th percentile.",
      size: [24, 11],
      unit: "bps",
      min: 0,
      maxDataPoints: MONTH_POINTS,
      levels: [1, 2],
      queries: [
        {
          expr: rate("customer, direction", chosenIntervals({ lookBack: ONE_INTERVAL })),
          legend: "{{customer}} {{direction}}",
          minStep: INTERVAL_STEP,
        },
        {
          expr: `${recorded("bps:p95_month")} @ end()`,
          legend: `${CONTRACT} percentile {{direction}}`,
          minStep: INTERVAL_STEP,
        },
        { expr: `${COMMIT} @ end()`, legend: `${CONTRACT} commit`, minStep: INTERVAL_STEP },
      ],
    }),
    graph({
      title: "Billable to date, over the month",
      description: "How the billable rate came about, against the commit.",
      size: [12, 8],
      unit: "bps",
      min: 0,
      levels: [1],
      queries: [
        { expr: BILLABLE, legend: CONTRACT, minStep: INTERVAL_STEP },
        { expr: COMMIT, legend: `${CONTRACT} commit`, minStep: INTERVAL_STEP },
      ],
    }),
    graph({
      title: "Intervals above the commit",
      description: "So far in the month, and how many may be. Where the line gets there, the commit is exceeded.",
      size: [8, 8],
      unit: "short",
      min: 0,
      levels: [1],
      queries: [
        { expr: `${BURST} - ${BURST_LEFT}`, legend: CONTRACT, minStep: INTERVAL_STEP },
        { expr: BURST, legend: `${CONTRACT} budget`, minStep: INTERVAL_STEP },
      ],
    }),
    text(
      "What the month may come to",
      [4, 8],
      [
        "If the rest is as it was: **Billable to date**.",
        "",
        "If nothing more passes, or if everything that follows is as much as the maximum so far: `acct-agent report`, line *Month may end at*. Both need the ranks of the whole month, which are not recorded.",
      ].join("\n"),
    ),
  ],
};

const PREVIOUS: Section = {
  title: "Previous month",
  panels: [
    figure({
      title: "Billable, previous month",
      description: "Before rounding. Deliveries that come late still correct it.",
      expr: recorded("billable_bps:previous_month"),
      unit: "bps",
    }),
    stat({
      title: "In and out, previous month",
      description: "The percentile of each direction.",
      size: [8, 4],
      unit: "bps",
      queries: [{ expr: recorded("bps:p95_previous_month"), legend: `${CONTRACT} {{direction}}` }],
    }),
    figure({
      title: "Commit, previous month",
      description: "What was charged at least.",
      expr: recorded("commit_bps:previous_month"),
      unit: "bps",
      ...NO_COMMIT,
    }),
    figure({
      title: "Of the commit, previous month",
      description: "Above 100 % the previous month is billed above the commit.",
      expr: `${recorded("billable_bps:previous_month")} / ${recorded("commit_bps:previous_month")}`,
      unit: "percentunit",
      thresholds: OF_COMMIT,
      ...NO_COMMIT,
    }),
    figure({
      title: "Coverage, previous month",
      description: "Below 100 %, acct-agent reconcile on the agents before the bill goes out.",
      expr: recorded("coverage:previous_month"),
      unit: "percentunit",
      thresholds: COMPLETENESS,
    }),
  ],
};

/** deploy/grafana/customer-billing.json. */
export const CUSTOMER_BILLING: Dashboard = {
  uid: "acct-customer-billing",
  title: "acct-agent: customer billing",
  description:
    "The month of a customer as it will be billed, by the recording rules of acct-agent rules: without them it is empty.",
  from: "now/M",
  variables: [
    valuesVariable({
      name: "customer",
      label: "Customer",
      values: ["acct:customer_billable_bps:month", "customer"],
      all: false,
    }),
    valuesVariable({
      name: "network",
      label: "Network",
      values: ['acct_interval_bytes{customer=~"$customer|"}', "network"],
      all: true,
    }),
    valuesVariable({
      name: "instance",
      label: "Agent",
      values: ['acct_interval_bytes{customer=~"$customer|",network=~"$network"}', "instance"],
      all: true,
    }),
  ],
  alerts: ',customer=~"$customer"',
  sections: [MONTH, INTERVALS, PREVIOUS, MISSING, WHO],
};
