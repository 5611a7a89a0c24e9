// The options of acct-agent dead-letter.

import { CONFIG, type CommandTable } from "../command-table.ts";

export const DEAD_LETTER = {
  name: "dead-letter",
  summary: "list, send again or drop the samples that receivers refused",
  description: "Works on the ledger, beside a running agent or without one.",
  operand: {
    argument: "ACTION",
    description: "show them, send them again, or give them up",
    choices: ["list", "retry", "drop"],
  },
  options: [
    CONFIG,
    { name: "endpoint", argument: "NAME", description: "those of this endpoint alone" },
    { name: "json", description: "print JSON" },
  ],
  examples: [
    { does: "what was refused, and what the receiver said", line: "dead-letter list --config agent.toml" },
    { does: "after the receiver was corrected", line: "dead-letter retry --config agent.toml --endpoint central" },
  ],
  exits: { done: "done; after retry none is left", failure: "there is no ledger; after retry some are left" },
} as const satisfies CommandTable;
