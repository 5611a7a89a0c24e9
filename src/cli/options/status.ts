// The options of acct-agent status.

import { CONFIG, type CommandTable } from "../command-table.ts";

const [LEAST_SECONDS, MOST_SECONDS] = [0.1, 86_400];

const isInterval = (value: string): string | null => {
  const isNumber = /^\d+(\.\d+)?$/.test(value);
  if (isNumber && Number(value) >= LEAST_SECONDS && Number(value) <= MOST_SECONDS) return null;
  return `is no interval: write seconds from ${LEAST_SECONDS} to ${MOST_SECONDS}, such as 5`;
};

export const STATUS = {
  name: "status",
  summary: "show the running agent: interfaces, endpoints, networks, bills to date, top addresses",
  description:
    "Asks the agent over the socket in its state folder. Rates are those of the last window, figures of the month are what " +
    "report says of it to date.",
  options: [
    CONFIG,
    { name: "json", description: "print JSON; with --watch one object a line" },
    { name: "watch", description: "show it again and again; q ends it on a terminal" },
    {
      name: "interval",
      argument: "SECONDS",
      description: "how often --watch looks",
      default: "2",
      check: isInterval,
      needs: { option: "watch", because: "it says how often to look" },
    },
  ],
  examples: [
    { does: "once", line: "status --config agent.toml" },
    { does: "a live view, such as of a backlog that drains", line: "status --config agent.toml --watch" },
  ],
  exits: { done: "it is shown", failure: "no agent answers" },
} as const satisfies CommandTable;
