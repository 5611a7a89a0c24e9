// The options of acct-agent rules.

import { CONFIG, type CommandTable } from "../command-table.ts";

export const RULES = {
  name: "rules",
  summary: "write the recording and alerting rules of contracts and networks, for Prometheus and vmalert",
  description: "Write them again after contracts or networks were changed.",
  options: [
    CONFIG,
    {
      name: "output",
      argument: "FILE",
      description: "write into this file, mode 0644, instead of printing",
      isFile: true,
    },
  ],
  examples: [{ does: "for Prometheus", line: "rules --config agent.toml --output acct-agent.rules.yml" }],
  exits: { done: "the rules are written", failure: "the file cannot be written" },
} as const satisfies CommandTable;
