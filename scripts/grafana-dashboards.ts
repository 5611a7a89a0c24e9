// The dashboards in deploy/grafana, as `npm run generate` writes them. Their uids, and what they are called, stay.

import { AGENT_HEALTH } from "./grafana/agent-health.ts";
import { CUSTOMER_BILLING } from "./grafana/customer-billing.ts";
import { dashboardText } from "./grafana/dashboard.ts";
import { FLEET } from "./grafana/fleet.ts";

/** JSON by the name of its file. */
export function grafanaDashboards(): ReadonlyMap<string, string> {
  return new Map([
    ["fleet.json", dashboardText(FLEET)],
    ["customer-billing.json", dashboardText(CUSTOMER_BILLING)],
    ["agent-health.json", dashboardText(AGENT_HEALTH)],
  ]);
}
