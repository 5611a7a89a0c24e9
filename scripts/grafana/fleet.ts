// All agents: do they report, deliver and see everything, and who moves how much.

import type { Dashboard, Section } from "./dashboard.ts";
import { newest, orZero } from "./expressions.ts";
import { COMPLETE, heard, SKEW_BY_AGENT } from "./fleet-expressions.ts";
import { DELIVERY, QUALITY, TRAFFIC } from "./fleet-graphs.ts";
import { LISTS } from "./fleet-lists.ts";
import { type Panel, stat } from "./panels.ts";
import { COMPLETENESS, NONE_IS_GOOD } from "./thresholds.ts";

function count(title: string, description: string, expr: string): Panel {
  const size = [4, 4] as const;
  return stat({
    title,
    description,
    size,
    unit: "short",
    decimals: 0,
    thresholds: NONE_IS_GOOD,
    queries: [{ expr: orZero(expr) }],
  });
}

const NOW: Section = {
  title: "Now",
  panels: [
    stat({
      title: "Agents that report",
      description: "Heard within a quarter of an hour.",
      size: [4, 4],
      unit: "short",
      queries: [{ expr: orZero(`count(${heard("15m")})`) }],
    }),
    count(
      "Silent agents",
      "Heard within 33 days, and not for a quarter of an hour (AcctAgentSilent). Nothing is lost while they count: look at acct-agent status and the log there, and whether they reach this server.",
      `count(${heard("33d")} unless on (instance) ${heard("15m")})`,
    ),
    count(
      "Clocks that are off",
      "Agents whose clock and an endpoint's differ by more than 30 s, or whose kernel does not take its clock for synchronised: bytes go to the wrong windows. Run chrony, ntpd or systemd-timesyncd.",
      `count(${SKEW_BY_AGENT} > 30 or max by (instance) (${newest("acct_agent_clock_synchronized")}) == 0)`,
    ),
    count(
      "Dead letters",
      "Samples that receivers refused. acct-agent dead-letter list on the agent says why; end the cause, then retry.",
      `sum(${newest("acct_ship_dead_letters")})`,
    ),
    count(
      "Alerts that fire",
      "Of the rules that acct-agent rules writes; each says what to do.",
      'count(ALERTS{alertname=~"Acct.+",alertstate="firing"})',
    ),
    stat({
      title: "Lowest completeness",
      description:
        "Of the last hour, of all interfaces. Below 1 traffic was not seen: look at drops and gaps of the agent, and raise capture.ring.",
      size: [4, 4],
      unit: "percentunit",
      decimals: 2,
      thresholds: COMPLETENESS,
      queries: [{ expr: `min(${COMPLETE})` }],
    }),
  ],
};

/** deploy/grafana/fleet.json. */
export const FLEET: Dashboard = {
  uid: "acct-fleet",
  title: "acct-agent: fleet",
  description: "All agents that push here: whether they report, deliver and see everything, and who moves how much.",
  from: "now-24h",
  variables: [],
  alerts: "",
  sections: [NOW, LISTS, TRAFFIC, DELIVERY, QUALITY],
};
