// The ledger as what bills are made of, as it is at one moment; the same that `acct-agent report` reads.

import type { UsageSource } from "../billing/interval-series.ts";
import { ledgerSource } from "../billing/ledger-source.ts";
import { IntervalReader } from "../buffer/interval-reader.ts";
import type { UsageSettings } from "./usage-settings.ts";

/** Throws LedgerError where there is none. Keep it open for a moment only: it holds back the ledger's checkpoints. */
export function openUsage(settings: UsageSettings, nowMs: number): UsageSource & Disposable {
  const { stateDir, overheadPerPacket, instance, externalLabels } = settings;
  const reader = new IntervalReader(stateDir, overheadPerPacket);
  const source = ledgerSource(reader, { instance, externalLabels, nowMs });
  return { ...source, [Symbol.dispose]: () => reader[Symbol.dispose]() };
}
