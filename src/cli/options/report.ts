// The options of acct-agent report.

import { CONFIG, type CommandTable } from "../command-table.ts";

const isMonth = (value: string): string | null =>
  /^\d{4}-(0[1-9]|1[0-2])$/.test(value) ? null : "is no month: write it as YYYY-MM, such as 2026-10";

export const REPORT = {
  name: "report",
  summary: "bill a month: the 95th percentile, or what the contract says, of each customer",
  description:
    "A final bill is printed as it was stored; any other is computed. " +
    "Bills are made of this agent's ledger, or of what all agents pushed to one Prometheus.",
  options: [
    CONFIG,
    {
      name: "month",
      argument: "YYYY-MM",
      description: "the month to bill; the current one to date by default",
      check: isMonth,
    },
    { name: "customer", argument: "NAME", description: "the bills of this customer alone" },
    {
      name: "format",
      argument: "FORMAT",
      description: "how bills are printed",
      choices: ["table", "csv", "json", "html"],
    },
    {
      name: "source",
      argument: "SOURCE",
      description: "what the intervals are read from",
      choices: ["ledger", "prometheus"],
    },
    {
      name: "output",
      argument: "FILE",
      description: "write into this file, mode 0600, instead of printing",
      isFile: true,
    },
    { name: "intervals", description: "print what the bills were made of, as CSV" },
    { name: "finalize", description: "store the bills of a month that is over for good", group: "task" },
    {
      name: "correct",
      description: "store a corrected version where a bill differs from the stored one",
      needs: { option: "finalize", because: "it stores a corrected version" },
    },
    { name: "recompute", description: "print what bills would be today, stored or not", group: "task" },
    {
      name: "verify",
      argument: "BILLS.json",
      description: "compute the bills of a file again, and say of each whether it is right",
      isFile: true,
      group: "task",
    },
    { name: "close", description: "make final, and write to billing.output_dir, whatever is due", group: "task" },
  ],
  examples: [
    { does: "the month to date", line: "report --config agent.toml" },
    {
      does: "a page for one customer",
      line: "report --config agent.toml --month 2026-10 --customer acmecorp --format html --output acmecorp.html",
    },
    { does: "make the bills of a month final", line: "report --config agent.toml --month 2026-10 --finalize" },
  ],
  exits: {
    done: "the bills are printed, stored, or equal",
    failure: "there is no bill, one cannot become final, or one differs",
  },
} as const satisfies CommandTable;
