// The keys of what is billed: [[network]] and [[contract]].

import { z } from "zod";

import { parsePrefix, parseRange } from "../model/prefix.ts";
import { keyDocs, localDate, openTable, parsed } from "./fields.ts";
import { readLabel } from "./tables.ts";
import * as values from "./values.ts";

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

export const contract = z.strictObject({
  customer: parsed(values.readText).register(keyDocs, {
    type: "text",
    description: "The customer; the contract is about the networks whose label `customer` equals it.",
    example: '"acmecorp"',
  }),
  name: parsed(values.readName).optional().register(keyDocs, {
    type: "text",
    description: "Tells contracts of one customer apart.",
    example: '"transit"',
  }),
  time_zone: parsed(values.readTimeZone).prefault("UTC").register(keyDocs, {
    type: "IANA time zone",
    description: "The zone whose calendar months are billed.",
    example: '"Europe/Berlin"',
  }),
  starts: localDate().optional().register(keyDocs, {
    type: "date",
    description: "First day of the contract, in its time zone.",
    example: "2026-10-16",
  }),
  ends: localDate().optional().register(keyDocs, {
    type: "date",
    description: "Last day of the contract, included.",
    example: "2027-10-15",
    commented: true,
  }),
  commit_mbps: parsed(values.readMbps).optional().register(keyDocs, {
    type: "decimal number in quotes",
    description: "Committed rate in Mbps (10^6 bits a second).",
    example: '"100"',
  }),
});
