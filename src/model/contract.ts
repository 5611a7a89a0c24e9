// A contract: everything that changes what a customer is billed. A bill states its contract, so that anyone can recompute it.

import type { ByteLayer } from "./byte-layer.ts";
import type { Labels } from "./network.ts";

/**
 * What is billed of the two directions: a percentile of each (the larger one, both added, or one alone), or the percentile
 * of each interval's larger direction or of its sum.
 */
export const DIRECTIONS = [
  "max_of_percentiles",
  "percentile_of_max",
  "percentile_of_sum",
  "sum_of_percentiles",
  "in",
  "out",
] as const;
export type BilledDirection = (typeof DIRECTIONS)[number];

/** Over networks and sites: a percentile of their sum in each interval, or the sum of a percentile of each. */
export const AGGREGATIONS = ["percentile_of_sum", "sum_of_percentiles"] as const;
export type Aggregation = (typeof AGGREGATIONS)[number];

/** An interval that nobody observed counts as zero, or is left out. */
export const GAP_POLICIES = ["zero", "exclude"] as const;
export type GapPolicy = (typeof GAP_POLICIES)[number];

/** A month that the contract covers in part: days outside count as zero, the period is clipped, or clipped and charged in part. */
export const PARTIAL_MONTHS = ["whole_month", "own_period", "prorate"] as const;
export type PartialMonths = (typeof PARTIAL_MONTHS)[number];

/** One price; each tier's price for its part of the rate; or the price of the highest tier that the rate exceeds the bound of, for all of it. */
export const PRICINGS = ["flat", "blended", "volume"] as const;

export const ROUNDINGS = ["up", "nearest", "down"] as const;
export type Rounding = (typeof ROUNDINGS)[number];

export interface Tier {
  /** The price holds for what exceeds this, bits a second. */
  readonly aboveBps: number;
  /** Decimal text, as configured. */
  readonly pricePerMbps: string;
}

/** Money is decimal text, as configured: "2.5". Ten to the sixth bits a second are a Mbps. */
export type Pricing =
  | { readonly kind: "flat"; readonly pricePerMbps: string; readonly baseFee: string }
  | { readonly kind: "blended" | "volume"; readonly tiers: readonly Tier[]; readonly baseFee: string };

export interface Contract {
  /** Any text. */
  readonly customer: string;
  /** Tells contracts of one customer apart. */
  readonly name: string | null;
  /** Labels that a network's series all have: `customer` and further ones, or `network` alone where no contract names it. */
  readonly selector: Labels;
  readonly timeZone: string;
  /** First and last day, both included, `YYYY-MM-DD` in `timeZone`. */
  readonly starts: string | null;
  readonly ends: string | null;
  /** 950 is the 95th percentile. */
  readonly percentilePerMille: number;
  readonly direction: BilledDirection;
  readonly aggregation: Aggregation;
  readonly gaps: GapPolicy;
  readonly partialMonths: PartialMonths;
  readonly byteLayer: ByteLayer;
  readonly commitBps: number | null;
  /** Of the billable rate. */
  readonly rounding: { readonly stepBps: number; readonly mode: Rounding } | null;
  /** Null: a bill without money. `currency` is an ISO 4217 code. */
  readonly price: { readonly pricing: Pricing; readonly currency: string } | null;
}
