// The options of acct-agent backup.

import { CONFIG, type CommandTable } from "../command-table.ts";

export const BACKUP = {
  name: "backup",
  summary: "copy the ledger into a file, while the agent runs or not",
  description: "The copy is a ledger as it was at one moment.",
  operand: {
    argument: "BACKUP",
    description: "the file to write",
    isFile: true,
    complaint: "backup takes one file to write",
  },
  options: [CONFIG],
  examples: [{ does: "a copy beside the running agent", line: "backup --config agent.toml ledger.backup" }],
  exits: { done: "the copy is complete", failure: "there is no ledger, or the file cannot be written" },
} as const satisfies CommandTable;
