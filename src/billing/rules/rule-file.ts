// A rule file of Prometheus and vmalert as text. Texts are quoted as JSON, which is YAML; expressions are literal blocks, so
// that they read as they run.

import type { Labels } from "../../model/network.ts";
import { escapeUnprintable } from "./promql.ts";

export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
  readonly labels: Labels;
}

export interface AlertingRule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: Labels;
  readonly annotations: { readonly summary: string; readonly description: string };
}

export type Rule = RecordingRule | AlertingRule;

export interface RuleGroup {
  readonly name: string;
  /** Null for the server's own evaluation interval. */
  readonly interval: string | null;
  readonly rules: readonly Rule[];
}

/** `comments` are lines in front of everything. */
export function ruleFileText(groups: readonly RuleGroup[], comments: readonly string[]): string {
  const head = comments.map((line) => `# ${escapeUnprintable(line).replaceAll("\n", " ")}`.trimEnd());
  const body = groups.length === 0 ? ["groups: []"] : ["groups:", ...groups.flatMap(groupLines)];
  return [...head, ...body, ""].join("\n");
}

function groupLines({ name, interval, rules }: RuleGroup): string[] {
  return [
    `  - name: ${quoted(name)}`,
    ...(interval === null ? [] : [`    interval: ${interval}`]),
    "    rules:",
    ...rules.flatMap(ruleLines),
  ];
}

function ruleLines(rule: Rule): string[] {
  if ("record" in rule) return recordingLines(rule);
  return [
    `      - alert: ${rule.alert}`,
    ...exprLines(rule.expr),
    `        for: ${rule.for}`,
    ...tableLines("labels", rule.labels),
    ...tableLines("annotations", { ...rule.annotations, runbook: runbookOf(rule) }),
  ];
}

/** The section about an alert in the documentation that comes with the program; a test has it that there is one. */
function runbookOf({ alert }: AlertingRule): string {
  return `docs/operating.md#${alert.toLowerCase()}`;
}

/** vmalert refuses a label's value that would be no template, though it is none: such labels are set by the expression. */
function recordingLines({ record, expr, labels }: RecordingRule): string[] {
  const entries = Object.entries(labels);
  const looksLikeTemplate = ([, value]: readonly [string, string]): boolean => value.includes("{{");
  const set = entries.filter(looksLikeTemplate).reduce((inner, [name, value]) => labelSet(inner, name, value), expr);
  const plain = Object.fromEntries(entries.filter((entry) => !looksLikeTemplate(entry)));
  return [`      - record: ${record}`, ...exprLines(set), ...tableLines("labels", plain)];
}

/** `$` begins a group of the regular expression, of which there is none. */
function labelSet(expr: string, name: string, value: string): string {
  return `label_replace(${expr}, "${name}", ${quoted(value.replaceAll("$", "$$$$"))}, "", "")`;
}

function exprLines(expr: string): string[] {
  return ["        expr: |-", ...expr.split("\n").map((line) => `          ${line}`)];
}

function tableLines(name: string, table: Labels): string[] {
  const entries = Object.entries(table);
  if (entries.length === 0) return [];
  return [`        ${name}:`, ...entries.map(([key, value]) => `          ${key}: ${quoted(value)}`)];
}

/** A double-quoted scalar (YAML 1.2 section 7.3.1), or string of PromQL. */
function quoted(text: string): string {
  return escapeUnprintable(JSON.stringify(text));
}
