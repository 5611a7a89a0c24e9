// `acct-agent reconcile`: the ledger against Prometheus, interval by interval. Reads both and changes neither, beside a
// running agent or without one.

import { monthAt } from "../billing/bill-period.ts";
import { PrometheusSource } from "../billing/prometheus-source.ts";
import { reconcile, type ReconcileOptions, type ReconcileZone } from "../billing/reconcile.ts";
import {
  countsOf,
  DIFFERENCE_HEADER,
  differenceRows,
  reconcileJson,
  type ReconcileResult,
  summaryLines,
} from "../billing/reconcile-report.ts";
import type { SeriesComparison } from "../billing/reconcile-series.ts";
import { pendingIntervals } from "../buffer/pending-intervals.ts";
import { type Config, ConfigError, loadConfig } from "../config/config.ts";
import { Calendar } from "../model/calendar.ts";
import type { Labels } from "../model/network.ts";
import { systemClock } from "../model/time.ts";
import { VERSION } from "../version.ts";
import { readArguments } from "./arguments.ts";
import { type ExitCode, print, UsageError } from "./command.ts";
import { RECONCILE } from "./options/reconcile.ts";
import { writeOutput } from "./output.ts";
import { startProgress } from "./progress.ts";
import { renderTable } from "./table.ts";
import { openUsageSource } from "./usage-source.ts";

/** Rows that a person reads. */
const MOST_ROWS = 100;

/** 0 where they are equal, else 1. */
export async function runReconcile(args: readonly string[]): Promise<ExitCode> {
  const { options } = readArguments(RECONCILE, args);
  const config = loadConfig(options.config);
  const nowMs = systemClock.now();
  const month = monthOf(options.month, nowMs);
  const result = { month, instance: config.agent.instance, comparisons: await compare(config, month, nowMs) };
  if (options.json) await writeOutput(null, reconcileJson(result));
  else print(render(result));
  const { compared, equal } = countsOf(result);
  return compared === equal ? 0 : 1;
}

/** Default: the current one, in UTC. */
function monthOf(text: string | null, nowMs: number): string {
  const current = monthAt("UTC", nowMs);
  if (text === null) return current;
  if (!/^[0-9]{4}-(0[1-9]|1[0-2])$/.test(text))
    throw new UsageError(`--month ${JSON.stringify(text)} is not a month; write e.g. --month ${current}`);
  // A zone east of UTC may be a month ahead.
  if (text > monthAt("Pacific/Kiritimati", nowMs)) throw new UsageError(`--month ${text} has not begun`);
  return text;
}

async function compare(config: Config, month: string, nowMs: number): Promise<readonly SeriesComparison[]> {
  const { query: connection, account, agent } = config;
  if (connection === null)
    throw new ConfigError([`${config.file}: query: is missing; add [query] with the url of the Prometheus to look at`]);
  const openLedger = () => openUsageSource(config, "ledger", systemClock);
  await using ledger = openLedger();
  const isPending = pendingIntervals(agent.stateDir, endpointsOf(config, connection.url));
  const { externalLabels } = agent;
  await using prometheus = new PrometheusSource(
    { connection, externalLabels, windowMs: account.windowMs },
    { clock: systemClock, version: VERSION },
  );
  const sources = { ledger, isPending, prometheus, openLedger };
  using progress = startProgress();
  const found: SeriesComparison[] = [];
  let intervals = 0;
  progress.show(() => `${month}: reading the ledger and Prometheus`);
  for await (const one of reconcile(sources, reconcileOptions(config, month, nowMs))) {
    found.push(one);
    intervals += one.equal + one.pending + one.forgotten + one.differences.length;
    progress.show(
      () => `${month}: ${found.length} series, ${intervals} intervals compared; ${one.network} (${one.timeZone})`,
    );
  }
  return found;
}

function reconcileOptions(config: Config, month: string, nowMs: number): ReconcileOptions {
  const { agent, buffer, contracts } = config;
  const zones = new Set(["UTC", ...contracts.map(({ timeZone }) => timeZone)]);
  return {
    instance: agent.instance,
    zones: [...zones].map((timeZone) => zoneOf(timeZone, month)),
    timeZonesOf: (labels) => timeZonesOf(config, labels),
    retainedFromMs: nowMs - buffer.retentionMs,
    nowMs,
  };
}

function zoneOf(timeZone: string, month: string): ReconcileZone {
  return { timeZone, ...new Calendar(timeZone).month(month.replace("-", "")) };
}

/** Those of the customer's contracts; UTC where there is none. */
function timeZonesOf({ contracts }: Config, labels: Labels): readonly string[] {
  const own = contracts.filter(({ customer }) => customer === labels["customer"]);
  return own.length === 0 ? ["UTC"] : own.map(({ timeZone }) => timeZone);
}

/** Names of the endpoints that push to where queries go, as far as their hosts tell; else all of them. */
function endpointsOf({ remoteWrite }: Config, queryUrl: string): readonly string[] {
  const { host } = new URL(queryUrl);
  const there = remoteWrite.filter(({ url }) => new URL(url).host === host);
  return (there.length === 0 ? remoteWrite : there).map(({ name }) => name);
}

function render(result: ReconcileResult): string {
  const rows = [...differenceRows(result)];
  const table = renderTable(DIFFERENCE_HEADER, rows.slice(0, MOST_ROWS));
  const more = rows.length > MOST_ROWS ? `and ${rows.length - MOST_ROWS} more; --json has all of them` : "";
  const summary = summaryLines(result).join("\n");
  return [table === "" ? "" : `${table}\n${more}`, summary].filter((text) => text !== "").join("\n");
}
