// A row for each agent, and one for each customer.

import type { Section } from "./dashboard.ts";
import { allIntervals, newest, NEWEST_INTERVAL, rate } from "./expressions.ts";
import { COMPLETE, lastSeen, PENDING_AGE, SKEW_BY_AGENT } from "./fleet-expressions.ts";
import { type Column, table } from "./table.ts";
import { AGE, COMPLETENESS, FILL, NONE_IS_GOOD, OF_COMMIT, SKEW } from "./thresholds.ts";

const AGENT_COLUMNS: readonly Column[] = [
  { name: "Last seen", expr: `${lastSeen("2d")} * 1000`, unit: "dateTimeFromNow" },
  {
    name: "Started",
    expr: `max by (instance) (${newest("acct_agent_start_time_seconds")}) * 1000`,
    unit: "dateTimeFromNow",
  },
  { name: "Completeness, 1 h", expr: COMPLETE, unit: "percentunit", thresholds: COMPLETENESS },
  { name: "In", expr: rateNow("in"), unit: "bps" },
  { name: "Out", expr: rateNow("out"), unit: "bps" },
  { name: "Waiting samples", expr: `sum by (instance) (${newest("acct_buffer_pending_samples")})`, unit: "short" },
  { name: "Oldest waits", expr: `max by (instance) (${PENDING_AGE})`, unit: "s", thresholds: AGE },
  { name: "Clock is off by", expr: SKEW_BY_AGENT, unit: "s", thresholds: SKEW },
  {
    name: "Dead letters",
    expr: `sum by (instance) (${newest("acct_ship_dead_letters")})`,
    unit: "short",
    thresholds: NONE_IS_GOOD,
  },
  {
    name: "Ledger",
    expr: `max by (instance) (${newest("acct_buffer_ledger_bytes")} / ${newest("acct_buffer_max_bytes")})`,
    unit: "percentunit",
    thresholds: FILL,
  },
];

function rateNow(direction: string): string {
  return rate("instance", allIntervals({ lookBack: NEWEST_INTERVAL, matchers: `,direction="${direction}"` }));
}

/** Rows are joined by labels that all columns have: a contract without a name gets one. */
const ofCustomers = (metric: string, matchers = ""): string =>
  `max by (customer, contract) (label_replace(${metric}${matchers}, "contract", "-", "contract", ""))`;

const CUSTOMER_COLUMNS: readonly Column[] = [
  { name: "Billable to date", expr: ofCustomers("acct:customer_billable_bps:month"), unit: "bps" },
  { name: "Percentile in", expr: ofCustomers("acct:customer_bps:p95_month", '{direction="in"}'), unit: "bps" },
  { name: "Percentile out", expr: ofCustomers("acct:customer_bps:p95_month", '{direction="out"}'), unit: "bps" },
  { name: "Commit", expr: ofCustomers("acct:customer_commit_bps:month"), unit: "bps" },
  {
    name: "Of the commit",
    expr: `${ofCustomers("acct:customer_billable_bps:month")} / ${ofCustomers("acct:customer_commit_bps:month")}`,
    unit: "percentunit",
    thresholds: OF_COMMIT,
  },
  { name: "Burst intervals left", expr: ofCustomers("acct:customer_burst_intervals_left:month"), unit: "short" },
  {
    name: "Coverage",
    expr: ofCustomers("acct:customer_coverage:month"),
    unit: "percentunit",
    thresholds: COMPLETENESS,
  },
];

/** Both tables. */
export const LISTS: Section = {
  title: "Agents and customers",
  panels: [
    table({
      title: "Agents",
      description:
        "Those heard within two days. Empty cells: nothing came for a quarter of an hour. Follow a name to its health.",
      size: [24, 9],
      rows: { instance: "Agent" },
      columns: AGENT_COLUMNS,
      links: {
        Agent: {
          title: "Health",
          url: "/d/acct-agent-health?var-datasource=${datasource}&var-instance=${__value.raw}",
        },
      },
      sortBy: "Oldest waits",
    }),
    table({
      title: "Customers",
      description:
        "Of the month to date, before rounding, by the rules that acct-agent rules writes. Where the billable rate is above the commit, or coverage below 100 %, follow the name.",
      size: [24, 9],
      rows: { customer: "Customer", contract: "Contract" },
      columns: CUSTOMER_COLUMNS,
      links: {
        Customer: {
          title: "Billing",
          url: "/d/acct-customer-billing?var-datasource=${datasource}&var-customer=${__value.raw}",
        },
      },
      sortBy: "Billable to date",
    }),
  ],
};
