// What Grafana 10 and 11 make of a dashboard's JSON before they ask Prometheus: variables and macros replaced, steps chosen,
// ranges aligned (grafana/grafana: pkg/promlib/models/query.go, packages/grafana-prometheus/src/escaping.ts).

import type { MetricsServer, ReadSeries } from "./prometheus.ts";

export interface Target {
  readonly refId: string;
  readonly expr: string;
  readonly instant: boolean;
  readonly range: boolean;
  readonly interval?: string;
}

export interface Variable {
  readonly type: string;
  readonly name: string;
  readonly definition?: string;
  readonly current: { readonly value?: string | readonly string[] };
  readonly multi: boolean;
  readonly includeAll: boolean;
  readonly allValue?: string;
}

export interface GridPanel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly datasource?: unknown;
  readonly maxDataPoints?: number;
  readonly targets?: readonly Target[];
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
}

export interface DashboardJson {
  readonly uid: string;
  readonly title: string;
  readonly tags: readonly string[];
  readonly panels: readonly GridPanel[];
  readonly templating: { readonly list: readonly Variable[] };
  readonly annotations: { readonly list: readonly { readonly expr: string }[] };
}

/** The range that is looked at, and the values that are chosen of variables. */
export interface View {
  readonly fromMs: number;
  readonly toMs: number;
  readonly chosen: Readonly<Record<string, readonly string[]>>;
  /** How label values are escaped: as always, or as with the toggle prometheusSpecialCharsInLabelValues. */
  readonly escaping?: "classic" | "special";
}

/** The values that a variable offers: those of the database for a query, else its own. */
export async function offered(server: MetricsServer, variable: Variable, view: View): Promise<readonly string[]> {
  const [, selector, label] = /^label_values\((.+),\s*(\w+)\)$/.exec(variable.definition ?? "") ?? [];
  if (selector === undefined || label === undefined) return [variable.current.value ?? []].flat();
  const range = { start: String(view.fromMs / 1000), end: String(view.toMs / 1000) };
  const parameters = new URLSearchParams({ "match[]": interpolated(selector, view), ...range });
  const answer = await fetch(`${server.url}/api/v1/label/${label}/values?${parameters.toString()}`);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${variable.definition}: HTTP ${answer.status} ${text}`);
  const { data }: { data: readonly string[] } = JSON.parse(text);
  return data;
}

/** The answer to a query of a panel. */
export async function answerOf(
  server: MetricsServer,
  { target, maxDataPoints = 1_000 }: { readonly target: Target; readonly maxDataPoints?: number },
  view: View,
): Promise<ReadSeries[]> {
  const { fromMs, toMs } = view;
  const leastMs = msOf(interpolated(target.interval ?? "15s", view));
  const calculatedMs = rounded((toMs - fromMs) / maxDataPoints);
  const stepMs = Math.max(leastMs, calculatedMs, rounded((toMs - fromMs) / 11_000));
  const rateMs = Math.max(stepMs + leastMs, 4 * leastMs);
  const expr = interpolated(target.expr, view)
    .replaceAll("$__rate_interval", `${rateMs / 1000}s`)
    .replaceAll("$__interval", `${stepMs / 1000}s`)
    .replaceAll("$__range", `${Math.round((toMs - fromMs) / 1000)}s`);
  if (target.instant) return server.query(expr, toMs);
  const aligned = (timeMs: number): number => Math.floor(timeMs / stepMs) * stepMs;
  return server.queryRange(expr, { fromMs: aligned(fromMs), toMs: aligned(toMs), stepMs });
}

/** A text with its variables' values, macros left alone. Throws for a variable that there is not. */
export function interpolated(text: string, { chosen, escaping = "classic" }: View): string {
  return text.replace(/\$(\w+)|\$\{(\w+)\}/g, (found, plain: string | undefined, braced: string | undefined) => {
    const name = plain ?? braced ?? "";
    // `$1` is a group of label_replace.
    if (name.startsWith("__") || /^\d+$/.test(name)) return found;
    const values = chosen[name];
    if (values === undefined) throw new Error(`${found} is no variable, in ${text}`);
    const [only] = values;
    if (values.length === 1 && only !== undefined) return isPlain(name) ? only : escaped(only, escaping);
    return `(${values.map((value) => escaped(value, escaping)).join("|")})`;
  });
}

/** Of variables with a single value, which Grafana does not escape for regular expressions. */
function isPlain(name: string): boolean {
  return name === "window" || name === "datasource";
}

function escaped(value: string, escaping: "classic" | "special"): string {
  // The value of "All" is put in as it is.
  if (value === ".*") return value;
  const backslashes = value.replaceAll("\\", "\\\\\\\\");
  if (escaping === "classic") return backslashes.replace(/[$^*{}[\]+?.()|]/g, "\\\\$&");
  return backslashes.replaceAll('"', '\\\\\\"').replace(/[$^*{}[\]'+?.()|]/g, "\\\\$&");
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function msOf(interval: string): number {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(interval) ?? [];
  const unitMs = UNITS[unit ?? ""];
  if (unitMs === undefined) throw new Error(`"${interval}" is no interval`);
  return Number(count) * unitMs;
}

/** Up to so many seconds, the step is so many. */
const STEPS = [
  [1.5, 1],
  [3.5, 2],
  [7.5, 5],
  [12.5, 10],
  [17.5, 15],
  [25, 20],
  [45, 30],
  [90, 60],
  [210, 120],
  [450, 300],
  [750, 600],
  [1_050, 900],
  [1_500, 1_200],
  [2_700, 1_800],
  [5_400, 3_600],
] as const;

function rounded(intervalMs: number): number {
  const [, seconds] = STEPS.find(([most]) => intervalMs <= most * 1_000) ?? [0, 7_200];
  return seconds * 1_000;
}
