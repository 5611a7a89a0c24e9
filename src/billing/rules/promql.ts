// Words of PromQL as Prometheus 2.42, 3.x and VictoriaMetrics 1.79 all understand them.

import { BILLING_INTERVAL_MS } from "../../model/time.ts";
import type { Labels } from "../../model/network.ts";
import { selectorOf } from "../prometheus-selector.ts";

export const INTERVAL_SECONDS = BILLING_INTERVAL_MS / 1000;
/** Steps of subqueries: on the grid of the billing interval, at the end of each. */
export const STEP = "5m";
/** At a step, this long back is the one sample of the interval that ends there, and nothing before it. */
const ONE_INTERVAL = `${INTERVAL_SECONDS - 1}s`;

/** Series by their labels, as ASCII wherever a character could not stand in a YAML file. */
export function selector(metric: string, labels: Labels): string {
  return escapeUnprintable(selectorOf(metric, labels));
}

/** At a step, the samples of the interval that ends there. */
export function atStep(series: string): string {
  return `last_over_time(${series}[${ONE_INTERVAL}])`;
}

/** `function` over the values that `expression` has at each billing interval of so many days. */
export function overIntervals(name: string, expression: string, days: number): string {
  return `${name}((${expression})[${days}d:${STEP}])`;
}

/** An aggregation without labels to keep is of everything. */
export function aggregate(operator: string, labels: readonly string[], expression: string): string {
  return `${operator} by (${labels.join(", ")}) (${expression})`;
}

/** What YAML has no character for, and what nobody can see, as the escapes that PromQL and YAML share. */
export function escapeUnprintable(text: string): string {
  return text.replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S} \n]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code > 0xffff ? `\\U${code.toString(16).padStart(8, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
  });
}
