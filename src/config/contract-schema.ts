// The keys of [[contract]]. Rules that join several of them are in contract-checks.ts and price-checks.ts.

import { z } from "zod";

import { BYTE_LAYERS } from "../model/byte-layer.ts";
import { AGGREGATIONS, DIRECTIONS, GAP_POLICIES, PARTIAL_MONTHS, PRICINGS, ROUNDINGS } from "../model/contract.ts";
import { type KeyDoc, keyDocs, localDate, openTable, parsed, parsedNumber } from "./fields.ts";
import { readLabel } from "./tables.ts";
import * as values from "./values.ts";

const DECIMAL = "decimal number in quotes";

/** A choice whose default is the first. */
function choiceKey<const T extends string>(choices: readonly [T, ...T[]], description: string) {
  const doc = { type: choices.join(", "), description, example: JSON.stringify(choices[0]) };
  return parsed(values.readOneOf(choices)).prefault(choices[0]).register(keyDocs, doc);
}

const mbpsKey = (description: string, example: string, rest: Pick<KeyDoc, "commented"> = {}) =>
  parsed(values.readMbps)
    .optional()
    .register(keyDocs, { type: DECIMAL, description, example, ...rest });

const priceKey = (description: string, example: string) =>
  parsed(values.readPrice).optional().register(keyDocs, { type: DECIMAL, description, example });

const tier = z.strictObject({
  above_mbps: parsed(values.readMbps).register(keyDocs, {
    type: DECIMAL,
    description: "The price holds above this rate.",
    example: '"0"',
  }),
  price_per_mbps: parsed(values.readPrice).register(keyDocs, {
    type: DECIMAL,
    description: "Price of a Mbps.",
    example: '"2.50"',
  }),
});

const whoAndWhen = {
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
  labels: openTable(readLabel).prefault({}).register(keyDocs, {
    type: "table of labels",
    description: "Further labels that a network must have for the contract to be about it.",
    example: '{ environment = "production" }',
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
};

const rule = {
  percentile: parsedNumber(values.readPercentile).prefault(95).register(keyDocs, {
    type: "number above 0, up to 100, one digit after the point at most",
    description: "The percentile that is billed, by nearest rank.",
    example: "95",
  }),
  direction: choiceKey(DIRECTIONS, "What is billed of the two directions."),
  aggregation: choiceKey(
    AGGREGATIONS,
    "Over several networks and sites: a percentile of what they had together in each interval, or the sum of a percentile of each.",
  ),
  gaps: choiceKey(GAP_POLICIES, "What an interval is that nobody observed: a zero, or left out."),
  partial_months: choiceKey(
    PARTIAL_MONTHS,
    "A month that the contract covers in part: its other days count as zero, are left out, or are left out and not charged.",
  ),
  byte_layer: parsed(values.readOneOf(BYTE_LAYERS))
    .optional()
    .register(keyDocs, {
      type: BYTE_LAYERS.join(", "),
      description: "States the layer of the contract; what is counted and billed is that of [account].",
      example: '"ip"',
      fallback: "as in [account]",
    }),
  commit_mbps: mbpsKey("Committed rate in Mbps (10^6 bits a second): what is charged at least.", '"100"'),
};

const price = {
  pricing: choiceKey(
    PRICINGS,
    "One price; or tiers, each with its price for its part of the rate, or the highest whose bound is exceeded with its price for all of it.",
  ),
  price_per_mbps: priceKey("Price of a Mbps and month, with the pricing flat.", '"2.50"'),
  tiers: z.array(tier).optional().register(keyDocs, {
    type: "list of tables",
    description:
      "With the pricings blended and volume: above which rate (above_mbps) a Mbps costs what (price_per_mbps). The first is above 0.",
    example: '[{ above_mbps = "0", price_per_mbps = "3" }, { above_mbps = "100", price_per_mbps = "2.50" }]',
    commented: true,
  }),
  base_fee: parsed(values.readPrice).prefault("0").register(keyDocs, {
    type: DECIMAL,
    description: "Charged each month beside the rate.",
    example: '"0"',
  }),
  currency: parsed(values.readCurrency).optional().register(keyDocs, {
    type: "ISO 4217 code",
    description: "Of all prices; required where there is one. Its own number of digits is what amounts are rounded to.",
    example: '"EUR"',
  }),
  round_mbps: mbpsKey("Rounds the billable rate to a multiple of this, before the commit is taken off.", '"1"', {
    commented: true,
  }),
  rounding: parsed(values.readOneOf(ROUNDINGS))
    .prefault("up")
    .register(keyDocs, {
      type: ROUNDINGS.join(", "),
      description: "How round_mbps rounds; nearest takes the half up.",
      example: '"up"',
      commented: true,
    }),
};

export const contract = z.strictObject({ ...whoAndWhen, ...rule, ...price });
