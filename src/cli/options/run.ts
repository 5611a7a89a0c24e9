// The options of acct-agent without a command.

import { CONFIG, type CommandTable } from "../command-table.ts";

export const RUN = {
  name: "",
  summary: "run the agent in the foreground",
  description:
    "Counts until SIGTERM or SIGINT and logs JSON lines to standard error. What was counted is committed before it ends.",
  options: [CONFIG],
  examples: [{ does: "run in the foreground", line: "--config agent.toml" }],
  exits: {
    done: "it was told to stop, and everything is committed",
    failure: "it could not start, or not stop in time",
  },
} as const satisfies CommandTable;
