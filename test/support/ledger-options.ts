// A ledger's options, and what a ledger holds: its outbox as a receiver would read it, its tables as SQL does.

import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { LEDGER_FILE } from "../../src/buffer/database.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import type { LedgerOptions } from "../../src/ledger/ledger-options.ts";
import type { Network } from "../../src/model/network.ts";
import { decodeBody, seriesKey } from "./receiver.ts";

export function networkOf(name: string, changes: Partial<Network> = {}): Network {
  return { name, prefixes: [], labels: {}, billBy: "network", ...changes };
}

/** One network, `acme`, and one endpoint, `central`. */
export function ledgerOptions(stateDir: string, changes: Partial<LedgerOptions> = {}): LedgerOptions {
  return {
    stateDir,
    windowMs: 60_000,
    idleTimeoutMs: 3_600_000,
    byteLayer: "ip",
    vlanTags: 0,
    baseLabels: { instance: "edge-01", job: "acct-agent" },
    networks: [networkOf("acme")],
    owner: true,
    endpoints: ["central"],
    endpointsFromNow: [],
    contracts: [],
    maxBytes: 2 ** 31,
    retentionMs: 8_640_000_000,
    ...changes,
  };
}

export interface Sample {
  /** The request that carries it. */
  readonly requestId: number;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Name and labels as one text. */
  readonly series: string;
  readonly timeMs: number;
  readonly value: number;
}

/** Takes all that is pending for an endpoint, in the order in which it is sent. */
export function takeSamples(ledger: Ledger, endpoint = "central"): Sample[] {
  const samples: Sample[] = [];
  for (let request = ledger.next(endpoint); request; request = ledger.next(endpoint)) {
    const { id, body } = request;
    for (const series of decodeBody(body)) {
      const { __name__: name = "", ...labels } = Object.fromEntries(series.labels.map((one) => [one.name, one.value]));
      for (const { timestamp: timeMs, value } of series.samples) {
        samples.push({ requestId: id, name, labels, series: seriesKey(series), timeMs, value });
      }
    }
    ledger.accepted(endpoint, id);
  }
  return samples;
}

/** Runs SQL on the ledger file of a state folder beside whoever has it open; integers come as bigint. */
export function ledgerRows(stateDir: string, sql: string): readonly Readonly<Record<string, unknown>>[] {
  const database = new Sqlite(join(stateDir, LEDGER_FILE));
  try {
    return database.prepare<[], Record<string, unknown>>(sql).safeIntegers().all();
  } finally {
    database.close();
  }
}

/** Everything that the ledger of a state folder holds, by table. */
export function ledgerContent(stateDir: string): ReadonlyMap<string, unknown> {
  const tables = ledgerRows(stateDir, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name");
  return new Map(tables.map(({ name }) => [String(name), ledgerRows(stateDir, `SELECT * FROM "${String(name)}"`)]));
}

/** Changes the ledger file of a state folder behind the back of whoever has it open. */
export function changeLedger(stateDir: string, sql: string): void {
  const database = new Sqlite(join(stateDir, LEDGER_FILE));
  database.exec(sql);
  database.close();
}
