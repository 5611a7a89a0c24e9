// The options of acct-agent replay.

import { CONFIG, type CommandTable } from "../command-table.ts";

export const REPLAY = {
  name: "replay",
  summary: "account capture files (pcap, pcapng, gzip) into the ledger",
  description:
    "Packets count by their own time stamps, the same content counts once. The totals of each address are printed. " +
    "Where one file cannot be read, nothing counts.",
  operand: {
    argument: "CAPTURE",
    description: "a capture file",
    isFile: true,
    repeatable: true,
    complaint: "no capture file is named",
  },
  options: [
    CONFIG,
    {
      name: "interface",
      argument: "NAME",
      description: "the interface under which the packets count",
      default: "replay",
    },
    { name: "json", description: "print JSON" },
  ],
  examples: [{ does: "a day of rotated captures", line: "replay --config agent.toml day-*.pcap.gz" }],
  exits: { done: "the files are accounted, now or before", failure: "a file cannot be read; nothing was accounted" },
} as const satisfies CommandTable;
