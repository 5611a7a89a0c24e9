// Opens what a report reads its intervals from: the ledger of this agent, or Prometheus for all that push there.

import type { UsageSource } from "../billing/interval-series.ts";
import { ledgerSource } from "../billing/ledger-source.ts";
import { PrometheusSource } from "../billing/prometheus-source.ts";
import { IntervalReader } from "../buffer/interval-reader.ts";
import { type Config, ConfigError } from "../config/config.ts";
import { overheadPerPacket } from "../model/byte-layer.ts";
import type { Clock } from "../model/time.ts";
import { VERSION } from "../version.ts";
import type { Arguments } from "./arguments.ts";
import type { REPORT } from "./options/report.ts";

export type SourceName = Arguments<typeof REPORT>["options"]["source"];

/**
 * The ledger is read as it is at this moment. Throws LedgerError where there is none, ConfigError where the configuration
 * names no Prometheus.
 */
export function openUsageSource(config: Config, name: SourceName, clock: Clock): UsageSource & AsyncDisposable {
  return name === "ledger" ? openLedger(config, clock) : openPrometheus(config, clock);
}

function openLedger(config: Config, clock: Clock): UsageSource & AsyncDisposable {
  const { agent, account } = config;
  const { instance, externalLabels } = agent;
  const reader = new IntervalReader(agent.stateDir, overheadPerPacket(account.byteLayer, account.vlanTags));
  const source = ledgerSource(reader, { instance, externalLabels, nowMs: clock.now() });
  return { ...source, [Symbol.asyncDispose]: async () => reader[Symbol.dispose]() };
}

function openPrometheus({ file, query, agent, account }: Config, clock: Clock): UsageSource & AsyncDisposable {
  if (query === null)
    throw new ConfigError([`${file}: query: is missing; add [query] with the url of the Prometheus to ask`]);
  const { externalLabels } = agent;
  const options = { connection: query, externalLabels, windowMs: account.windowMs };
  return new PrometheusSource(options, { clock, version: VERSION });
}
