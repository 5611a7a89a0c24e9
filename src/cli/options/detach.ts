// The options of acct-agent detach.

import { CONFIG, type CommandTable } from "../command-table.ts";

export const DETACH = {
  name: "detach",
  summary: "end counting in the kernel, hand what it has to the ledger, remove its state",
  description: "For an agent that has stopped for good: the kernel counts on without one.",
  options: [CONFIG],
  examples: [{ does: "after the service was disabled", line: "detach --config agent.toml" }],
  exits: { done: "nothing of this agent is in the kernel", failure: "an agent runs, or the kernel refused" },
} as const satisfies CommandTable;
