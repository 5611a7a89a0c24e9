// One agent, stage by stage; the panels of each metric that docs/operating.md explains.

import { CAPTURE } from "./agent-capture.ts";
import { SHIP } from "./agent-delivery.ts";
import { LEDGER } from "./agent-ledger.ts";
import { CHOSEN, figure, lines, newest, own } from "./agent-panels.ts";
import { choiceVariable, type Dashboard, type Section, valuesVariable } from "./dashboard.ts";
import { own as ownOf } from "./expressions.ts";
import { FILL, NONE_IS_GOOD } from "./thresholds.ts";

const STATE: Section = {
  title: "State",
  panels: [
    figure({
      title: "Capture",
      description: "1 while the interface is captured. 0: acct-agent status says why; bring the interface back.",
      expr: newest("acct_capture_up"),
      legend: "{{instance}} {{interface}}",
      unit: "short",
      thresholds: [
        [null, "red"],
        [1, "green"],
      ],
    }),
    figure({
      title: "Version",
      description: "Of the agent that runs.",
      expr: newest("acct_agent_info"),
      legend: "{{version}}",
      nameAlone: true,
      unit: "short",
    }),
    figure({
      title: "Started",
      description: "When the agent started. Often, without an upgrade: look at its log.",
      expr: `${newest("acct_agent_start_time_seconds")} * 1000`,
      unit: "dateTimeFromNow",
    }),
    figure({
      title: "Ledger in use",
      description: "Of buffer.max_bytes. When it is full, undelivered samples are dropped (AcctLedgerFilling).",
      expr: `${newest("acct_buffer_ledger_bytes")} / ${newest("acct_buffer_max_bytes")}`,
      unit: "percentunit",
      thresholds: FILL,
    }),
    figure({
      title: "Dead letters",
      description: "Samples that an endpoint refused: acct-agent dead-letter list says why.",
      expr: newest("acct_ship_dead_letters"),
      legend: "{{instance}} {{endpoint}}",
      unit: "short",
      thresholds: NONE_IS_GOOD,
    }),
    figure({
      title: "Last delivery",
      description: "When an endpoint last accepted something.",
      expr: `${newest("acct_ship_last_success_timestamp_seconds")} * 1000`,
      legend: "{{instance}} {{endpoint}}",
      unit: "dateTimeFromNow",
    }),
  ],
};

const PROCESS: Section = {
  title: "Process and clock",
  panels: [
    lines({
      title: "Event loop stall",
      description: "Longest pause since the last push. Above 50 ms the host has too little CPU, or report it.",
      unit: "s",
      width: 6,
      thresholds: [
        [null, "green"],
        [0.05, "red"],
      ],
      lines: [[own("acct_agent_event_loop_stall_seconds"), ""]],
    }),
    lines({
      title: "Memory",
      description: "Resident, of the agent's own process; capture by libpcap has one more for each interface.",
      unit: "bytes",
      width: 6,
      lines: [[own("acct_agent_resident_memory_bytes"), ""]],
    }),
    lines({
      title: "Clock skew",
      description:
        "This host's clock minus an endpoint's, right to about 1.5 s. Beyond 30 s either way synchronise both (AcctClockSkew).",
      unit: "s",
      width: 6,
      min: -60,
      max: 60,
      lines: [[own("acct_ship_clock_skew_seconds"), "{{endpoint}}"]],
    }),
    lines({
      title: "Clock error",
      description: "As the kernel takes it to be. Not synchronised (0): run chrony, ntpd or systemd-timesyncd.",
      unit: "s",
      width: 6,
      lines: [
        [own("acct_agent_clock_estimated_error_seconds"), "estimated"],
        [own("acct_agent_clock_max_error_seconds"), "at most"],
      ],
    }),
    lines({
      title: "Clock synchronised",
      description: "1 where the kernel takes its clock for synchronised; nothing where it does not tell.",
      unit: "short",
      width: 12,
      max: 1,
      lines: [[own("acct_agent_clock_synchronized"), ""]],
    }),
    lines({
      title: "Months closed, within a day",
      description:
        "Runs that closed months, by result. failed: the log says what is wrong; acct-agent report --close shows it, too.",
      unit: "short",
      width: 12,
      lines: [[`increase(${own("acct_billing_closes_total")}[1d])`, "{{result}}"]],
    }),
  ],
};

/** deploy/grafana/agent-health.json. */
export const AGENT_HEALTH: Dashboard = {
  uid: "acct-agent-health",
  title: "acct-agent: agent health",
  description: "What an agent says of itself. docs/operating.md explains each metric.",
  from: "now-6h",
  variables: [
    valuesVariable({ name: "instance", label: "Agent", values: [ownOf("acct_agent_info"), "instance"], all: false }),
    choiceVariable("window", "account.window up to", ["1m", "5m"]),
  ],
  alerts: CHOSEN,
  sections: [STATE, CAPTURE, LEDGER, SHIP, PROCESS],
};
