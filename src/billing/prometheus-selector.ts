// Series selectors of PromQL. Values match exactly, whatever characters they have.

import type { Labels } from "../model/network.ts";

/** `metric{name="value"}`; an empty value matches series without the label. Names are valid label names. */
export function selectorOf(metric: string, labels: Labels): string {
  const matchers = Object.entries(labels).map(([name, value]) => `${name}=${quoted(value)}`);
  return `${metric}{${matchers.join(",")}}`;
}

/** JSON's escapes are all among those of PromQL's double-quoted strings, which are Go's. */
function quoted(value: string): string {
  return JSON.stringify(value);
}
