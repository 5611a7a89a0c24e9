// Alerting rules: what an operator has to act on before a bill suffers, with the fix in each description.

import type { Labels } from "../../model/network.ts";
import type { ContractChain } from "./customer-rules.ts";
import { selector } from "./promql.ts";
import type { AlertingRule } from "./rule-file.ts";

/** Self-metrics come with each window, so that this long without one is not a hiccup. */
const NEWEST = "15m";
const WARNING = { severity: "warning" };
const CRITICAL = { severity: "critical" };

function newest(metric: string): string {
  return `last_over_time(${metric}{job="acct-agent"}[${NEWEST}])`;
}

export const AGENT_ALERTS: readonly AlertingRule[] = [
  {
    alert: "AcctAgentSilent",
    expr:
      'count by (instance) (count_over_time(acct_period_intervals{time_zone="UTC",which="current"}[33d]))\n' +
      `unless on (instance) last_over_time(acct_period_intervals{time_zone="UTC",which="current"}[${NEWEST}])`,
    for: "5m",
    labels: CRITICAL,
    annotations: {
      summary: "{{ $labels.instance }} has pushed nothing for a quarter of an hour",
      description:
        "Nothing is lost while it counts: look at acct-agent status and the log on {{ $labels.instance }}, and whether it " +
        "reaches this server. What it did not observe is missing on the bill. Silence the alert of an agent that is gone " +
        "for good.",
    },
  },
  {
    alert: "AcctCaptureDown",
    expr: `${newest("acct_capture_up")} == 0`,
    for: "5m",
    labels: CRITICAL,
    annotations: {
      summary: "{{ $labels.instance }} does not count {{ $labels.interface }}",
      description:
        "What passes there now is on no bill. acct-agent status on {{ $labels.instance }} says why: bring the interface back, " +
        "or take it out of the configuration.",
    },
  },
  {
    alert: "AcctCompletenessLow",
    expr: 'avg_over_time(acct_window_completeness_ratio{job="acct-agent"}[1h]) < 0.99',
    for: "10m",
    labels: WARNING,
    annotations: {
      summary: "{{ $labels.instance }} misses traffic of {{ $labels.interface }}",
      description:
        "{{ $value | humanizePercentage }} of the last hour was observed. Look at acct_capture_dropped_frames_total and " +
        "acct_capture_gap_seconds_total: raise capture.ring, or find out in the log why capture was interrupted.",
    },
  },
  {
    alert: "AcctBacklogOld",
    expr: `time() - (${newest("acct_buffer_oldest_pending_timestamp_seconds")} > 0) > 3600`,
    for: "15m",
    labels: WARNING,
    annotations: {
      summary: "{{ $labels.instance }} cannot deliver to {{ $labels.endpoint }}",
      description:
        "The oldest window that waits ended {{ $value | humanizeDuration }} ago. acct-agent status on {{ $labels.instance }} " +
        "says why: bring the endpoint back, or correct its URL and credentials. The ledger keeps what waits, up to " +
        "buffer.max_bytes.",
    },
  },
  {
    alert: "AcctDeadLetters",
    expr: `${newest("acct_ship_dead_letters")} > 0`,
    for: "5m",
    labels: WARNING,
    annotations: {
      summary: "{{ $labels.endpoint }} refused samples of {{ $labels.instance }}",
      description:
        "{{ $value }} samples are kept. acct-agent dead-letter list on {{ $labels.instance }} says why; end the cause (often " +
        "out_of_order_time_window), then acct-agent dead-letter retry.",
    },
  },
  {
    alert: "AcctLedgerFilling",
    expr: `${newest("acct_buffer_ledger_bytes")} / ${newest("acct_buffer_max_bytes")} > 0.8`,
    for: "10m",
    labels: CRITICAL,
    annotations: {
      summary: "The ledger of {{ $labels.instance }} is {{ $value | humanizePercentage }} full",
      description:
        "When it is full, undelivered samples are dropped. Bring the endpoints back that do not accept (acct-agent status), " +
        "or raise buffer.max_bytes.",
    },
  },
  {
    alert: "AcctClockSkew",
    expr: `abs(${newest("acct_ship_clock_skew_seconds")}) > 30`,
    for: "10m",
    labels: WARNING,
    annotations: {
      summary:
        "The clocks of {{ $labels.instance }} and {{ $labels.endpoint }} differ by {{ $value | humanizeDuration }}",
      description:
        "Bytes are filed under the wrong windows. Synchronise the clocks of both (chrony, systemd-timesyncd).",
    },
  },
  {
    alert: "AcctCloseFailed",
    expr: 'increase(acct_billing_closes_total{job="acct-agent",result="failed"}[1d]) > 0',
    for: "0m",
    labels: WARNING,
    annotations: {
      summary: "{{ $labels.instance }} could not make the bills of a month final",
      description:
        "The log says why; each run of billing.close tries again. acct-agent report --close on {{ $labels.instance }} does it " +
        "by hand. Nothing is lost before buffer.retention.",
    },
  },
];

export const COVERAGE_ALERT: AlertingRule = {
  alert: "AcctCoverageLow",
  expr: '{__name__=~"acct:customer_coverage:(month|previous_month)"} < 0.99',
  for: "1h",
  labels: WARNING,
  annotations: {
    summary:
      "{{ $labels.customer }}: {{ $value | humanizePercentage }} of the intervals of {{ $labels.period }} are here",
    description:
      "What is missing counts by the contract's gap policy. If agents still have it (AcctBacklogOld, AcctAgentSilent), it " +
      "comes with their delivery; acct-agent reconcile on an agent tells what its ledger has and this server has not. " +
      "Otherwise it was not observed.",
  },
};

/** One rule for each contract with a commit: the tenth of its burst budget is a number of its own. */
export function commitAlerts(chain: ContractChain): AlertingRule[] {
  const contract = chain.findLast(({ commitBps }) => commitBps !== null);
  if (contract === undefined) return [];
  const { customer, name, percentilePerMille } = contract;
  // An empty matcher keeps contracts with a name out.
  const series = selector("acct:customer_burst_intervals_left:month", { customer, contract: name ?? "" });
  return [
    {
      alert: "AcctCommitNearlyReached",
      expr: `${series} < ${lowBudget(percentilePerMille)}`,
      for: "15m",
      labels: { ...WARNING, ...literalLabels(name === null ? { customer } : { customer, contract: name }) },
      annotations: {
        summary: "{{ $labels.customer }}: {{ $value }} intervals of 5 minutes are left above the commit",
        description:
          "Once none is left, the month is billed above the commit. acct-agent report shows the projection; lower the " +
          "customer's traffic, or agree on a higher commit.",
      },
    },
  ];
}

/** Labels of alerts are templates; those of two rules have to differ. */
function literalLabels(labels: Labels): Labels {
  return Object.fromEntries(
    Object.entries(labels).map(([name, value]) => [name, value.replaceAll("{{", '{{ "{{" }}')]),
  );
}

/** A tenth of what a month of 28 days may have above its percentile, at least one interval. */
function lowBudget(perMille: number): number {
  return Math.max(1, Math.floor((28 * 288 * (1000 - perMille)) / 10_000));
}
