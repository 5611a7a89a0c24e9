// The options of acct-agent check.

import { CONFIG, type CommandTable } from "../command-table.ts";

export const CHECK = {
  name: "check",
  summary: "validate the configuration and say whether the agent could run",
  description:
    "Looks at the configuration, interfaces, privileges, the ledger and the clock, and asks each endpoint. " +
    "It starts nothing and changes nothing. It ends with 2 where one of its lines says FAIL.",
  options: [CONFIG],
  examples: [{ does: "before the first start, and before a restart", line: "check --config agent.toml" }],
  exits: { done: "the agent could run", failure: "it could not look" },
} as const satisfies CommandTable;
