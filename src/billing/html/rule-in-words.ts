// The rule of a bill in sentences, with its numbers: a person can follow it without knowing the contract's keys.

import type { Contract } from "../../model/contract.ts";
import type { Bill } from "../bill.ts";
import { bpsOf } from "../rate.ts";
import { chargeSteps } from "./charge-in-words.ts";
import { localTime } from "./local-time.ts";
import { type Content, markup, type Markup } from "./markup.ts";
import { counted, mbps, ordinal, shortMbps, whole } from "./numbers.ts";
import { percentileName } from "./percentile-name.ts";

/** The steps, in the order in which they are taken. */
export function ruleInWords(bill: Bill): readonly Content[] {
  return [
    periodStep(bill),
    partialMonthStep(bill),
    trafficStep(bill.contract),
    gapStep(bill),
    percentileStep(bill),
    directionStep(bill),
    roundingStep(bill),
    ...chargeSteps(bill),
  ].filter((step) => step !== null);
}

function periodStep({ contract, fromMs, toMs, intervalsExpected }: Bill): string {
  const { stamp } = localTime(contract.timeZone);
  const intervals = counted(intervalsExpected, "interval");
  return `The period is ${stamp(fromMs)} to ${stamp(toMs)}, on the clock of ${contract.timeZone}: ${intervals} of 300 s.`;
}

function partialMonthStep({ contract }: Bill): string | null {
  const { starts, ends, partialMonths } = contract;
  if (starts === null && ends === null) return null;
  const from = starts === null ? "" : ` from ${starts}`;
  const to = ends === null ? "" : ` up to and including ${ends}`;
  return `The contract holds${from}${to}; ${PARTIAL_MONTHS[partialMonths]}.`;
}

const PARTIAL_MONTHS: Readonly<Record<Contract["partialMonths"], string>> = {
  whole_month: "in a month that it covers in part, days outside count as zero and are not billed",
  own_period: "of a month that it covers in part, only its own days are ranked",
  prorate: "of a month that it covers in part, only its own days are ranked and charged",
};

const LAYERS: Readonly<Record<Contract["byteLayer"], string>> = {
  ip: "bytes of IP packets with their IP headers, without Ethernet framing",
  ethernet: "bytes of whole Ethernet frames: MAC header, VLAN tags and check sequence included",
  wire: "bytes on the wire: Ethernet frames with preamble and the gap between them",
};

function trafficStep({ byteLayer, selector, aggregation }: Contract): Markup {
  const labels = Object.entries(selector).map(([name, value], index) => {
    return markup`${index > 0 && " and "}${name} = <bdi>${value === "" ? "(none)" : value}</bdi>`;
  });
  return markup`Counted are the ${LAYERS[byteLayer]}, of all networks with ${labels}. ${ADDED[aggregation]}`;
}

const ADDED: Readonly<Record<Contract["aggregation"], string>> = {
  percentile_of_sum:
    "In each interval, what they received (in) and what they sent (out) is added over all networks and sites.",
  sum_of_percentiles: "Each network at each site is ranked alone, and the results are added.",
};

function gapStep({ contract, intervalsExpected, ranked }: Bill): string {
  if (contract.gaps === "zero") return "An interval that was not observed counts as zero.";
  const left = counted(intervalsExpected - ranked, "interval");
  return `Intervals that were not observed in full are left out: ${left}, so that ${whole(ranked)} remain.`;
}

function percentileStep({ contract, ranked, discarded, rank }: Bill): string {
  const name = percentileName(contract.percentilePerMille);
  const share = `${whole(ranked)} × ${(1000 - contract.percentilePerMille) / 10} %`;
  const each = contract.aggregation === "percentile_of_sum" ? "" : " for each network at each site";
  return `The ${whole(ranked)} intervals are sorted from the greatest to the least${each}. The top ${whole(discarded)} (${share}, rounded down) are discarded; the next one, the ${ordinal(rank)}, is the ${name}.`;
}

function directionStep(bill: Bill): string {
  const { contract, p95InBytes, p95OutBytes, billableBytes } = bill;
  const both = `in ${rate(p95InBytes)}, out ${rate(p95OutBytes)}`;
  switch (contract.direction) {
    case "max_of_percentiles":
      return `That is done for each direction (${both}), and the larger figure is billed: ${bill.billableDirection}.`;
    case "sum_of_percentiles":
      return `That is done for each direction (${both}), and both are added: ${rate(billableBytes)}.`;
    case "percentile_of_max":
      return `What is sorted is the larger of in and out of each interval; the figure is ${rate(billableBytes)}.`;
    case "percentile_of_sum":
      return `What is sorted is in and out of each interval added; the figure is ${rate(billableBytes)}.`;
    case "in":
    case "out":
      return `Only the direction ${contract.direction} is billed: ${rate(billableBytes)}.`;
  }
}

function rate(bytes: number): string {
  return `${mbps(bpsOf(bytes))} Mbps`;
}

function roundingStep({ contract: { rounding }, billableBytes, billableBps }: Bill): string | null {
  const bytes = counted(billableBytes, "byte");
  if (rounding === null)
    return `${bytes} × 8 / 300 s are ${mbps(billableBps)} Mbps, shown here to three decimals; the contract does not round the rate.`;
  const way = rounding.mode === "nearest" ? "to the nearest" : `${rounding.mode} to the next`;
  return `${bytes} × 8 / 300 s are ${rate(billableBytes)}, rounded ${way} multiple of ${shortMbps(rounding.stepBps)} Mbps: ${mbps(billableBps)} Mbps.`;
}
