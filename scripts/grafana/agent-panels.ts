// What the panels of one agent share: its series, and graphs with a step as long as its windows.

import { newest as newestOf, own as ownOf } from "./expressions.ts";
import { graph, type GraphLook, type Panel, stat, type Thresholds } from "./panels.ts";

/** The matcher of the chosen agents, after a comma. */
export const CHOSEN = ',instance=~"$instance"';
/** A series of the chosen agents. */
export const own = (metric: string, matchers = ""): string => ownOf(metric, CHOSEN + matchers);
/** Its last value. */
export const newest = (metric: string, matchers = ""): string => newestOf(metric, CHOSEN + matchers);

/** As long as a window: an agent pushes its own metrics with each. */
const STEP = "$window";
/** Of a counter. */
export const perSecond = (metric: string, matchers = ""): string => `rate(${own(metric, matchers)}[$__rate_interval])`;
/** Of a counter, within an hour: also single events can be seen. */
export const inHour = (metric: string, matchers = ""): string => `increase(${own(metric, matchers)}[1h])`;
/** Added up by agent and these labels. */
export const by = (labels: string, expression: string): string => `sum by (instance, ${labels}) (${expression})`;

type Line = readonly [expr: string, legend: string];

interface Lines extends Omit<GraphLook, "size" | "queries"> {
  readonly width?: number;
  readonly lines: readonly Line[];
}

/** A graph of these expressions, with their legends. */
export function lines({ width = 8, lines: all, ...look }: Lines): Panel {
  const queries = all.map(([expr, legend]) => ({ expr, legend: `{{instance}} ${legend}`, minStep: STEP }));
  return graph({ min: 0, ...look, size: [width, 8], queries });
}

interface Figure {
  readonly title: string;
  readonly description: string;
  readonly expr: string;
  readonly unit: string;
  readonly legend?: string;
  readonly thresholds?: Thresholds;
  /** The legend is all there is to see. */
  readonly nameAlone?: boolean;
}

/** One number for each series. */
export function figure({ expr, legend = "{{instance}}", ...look }: Figure): Panel {
  return stat({ ...look, size: [4, 4], queries: [{ expr, legend }] });
}
