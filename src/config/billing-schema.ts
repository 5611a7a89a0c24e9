// The keys of what is billed and when: [[network]] and [billing]. Contracts are in contract-schema.ts.

import { z } from "zod";

import { parsePrefix, parseRange } from "../model/prefix.ts";
import { keyDocs, openTable, parsed } from "./fields.ts";
import { readLabel } from "./tables.ts";
import * as values from "./values.ts";

const DAY_MS = 86_400_000;
const BILL_BY = ["network", "address"] as const;

export const network = z.strictObject({
  name: parsed(values.readName).register(keyDocs, {
    type: "text",
    description: "Name of the network, its label `network`.",
    example: '"acme-fra"',
  }),
  prefixes: z.array(parsed(parsePrefix)).prefault([]).register(keyDocs, {
    type: "list of prefixes",
    description: "Accounted prefixes and addresses; where prefixes nest, the longest wins.",
    example: '["192.0.2.0/25", "2001:db8:1::/48"]',
  }),
  ranges: z.array(parsed(parseRange)).prefault([]).register(keyDocs, {
    type: "list of ranges",
    description: "Accounted ranges, both ends included. A network has at least one prefix or range.",
    example: '["192.168.1.100-192.168.1.200"]',
  }),
  labels: openTable(readLabel).prefault({}).register(keyDocs, {
    type: "table of labels",
    description: "Labels of the network's series; `customer` joins it to contracts.",
    example: '{ customer = "acmecorp", environment = "production" }',
  }),
  bill_by: parsed(values.readOneOf(BILL_BY))
    .prefault("network")
    .register(keyDocs, {
      type: BILL_BY.join(", "),
      description: "What gets billing intervals: the network alone, or each of its addresses too.",
      example: '"network"',
    }),
});

export const billing = z.strictObject({
  close: parsed(values.readSchedule).optional().register(keyDocs, {
    type: "cron pattern, seconds first",
    description:
      "When the agent makes the bills of the previous month final, in UTC; not at all without it. Needs output_dir.",
    example: '"0 30 6 2 * *"',
    commented: true,
  }),
  grace: parsed(values.readDuration(0, 31 * DAY_MS))
    .prefault("1d")
    .register(keyDocs, {
      type: "duration, 0s to 31d",
      description: "How long after the end of its period a bill may become final.",
      example: '"1d"',
    }),
  output_dir: parsed(values.readText).optional().register(keyDocs, {
    type: "path",
    description: "Folder for the bills that became final. Relative to the folder of this file.",
    example: '"/var/lib/acct-agent/bills"',
  }),
});
