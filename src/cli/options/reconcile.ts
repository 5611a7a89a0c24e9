// The options of acct-agent reconcile.

import { CONFIG, type CommandTable } from "../command-table.ts";

export const RECONCILE = {
  name: "reconcile",
  summary: "compare the ledger with Prometheus, interval by interval",
  description: "Reads the ledger and the Prometheus of the configuration's query section, and changes neither.",
  options: [
    CONFIG,
    { name: "month", argument: "YYYY-MM", description: "the month to compare; the current one by default" },
    { name: "json", description: "print JSON, with every interval that differs" },
  ],
  examples: [{ does: "the month that is to be billed", line: "reconcile --config agent.toml --month 2026-10" }],
  exits: { done: "they are equal", failure: "intervals differ, or one of the two cannot be read" },
} as const satisfies CommandTable;
