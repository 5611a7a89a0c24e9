// A ledger with made-up billing intervals, written as the agent would have left them.

import { openDatabase } from "../../src/buffer/database.ts";

const INTERVAL_MS = 300_000;
const WINDOW_MS = 60_000;

export interface MadeSeries {
  readonly network: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Default: eth0. */
  readonly interface?: string;
  readonly startMs: number;
  readonly endMs: number;
  /** IP bytes and packets of the interval that starts at `startMs`; null for one that nobody observed. */
  readonly usage: (startMs: number) => MadeUsage | null;
}

export interface MadeUsage {
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly packetsIn?: number;
  readonly packetsOut?: number;
}

/**
 * Makes or extends the ledger of `stateDir`: intervals that are settled, with windows of 60 s that saw everything. A network
 * that comes again with other labels has them from there on.
 */
export function writeMonthLedger(stateDir: string, series: readonly MadeSeries[]): void {
  const database = openDatabase(stateDir);
  const sql = {
    interface: database.prepare("INSERT INTO interface (name) VALUES (?) ON CONFLICT DO NOTHING"),
    network: database.prepare(`INSERT INTO network (name, labels, bill_by) VALUES (?, ?, 'network')
      ON CONFLICT (name) DO UPDATE SET labels = excluded.labels`),
    interval: database.prepare(`INSERT INTO interval (interface_id, start_ms, emitted)
      SELECT id, ?, 1 FROM interface WHERE name = ? ON CONFLICT DO NOTHING`),
    usage: database.prepare(`INSERT INTO interval_usage
      SELECT network.id, interface.id, ?, ?, ?, ?, ?, version FROM network, interface, network_labels AS known
      WHERE network.name = ? AND interface.name = ? AND known.network_id = network.id AND known.labels = network.labels`),
    window:
      database.prepare(`INSERT INTO window SELECT id, ?, ? + ${WINDOW_MS}, 1, ${WINDOW_MS}, 0, 10, 10, 10, 0, 0, 0,
      0, 0, 0, 0, 0, 0, 0 FROM interface WHERE name = ? ON CONFLICT DO NOTHING`),
  };
  const write = database.transaction(() => {
    for (const { network, labels = {}, interface: name = "eth0", startMs, endMs, usage } of series) {
      sql.interface.run(name);
      sql.network.run(network, JSON.stringify(labels));
      for (let timeMs = startMs; timeMs < endMs; timeMs += INTERVAL_MS) {
        const made = usage(timeMs);
        if (made === null) continue;
        const { bytesIn, bytesOut, packetsIn = 0, packetsOut = 0 } = made;
        sql.interval.run(BigInt(timeMs), name);
        const columns = [timeMs, bytesIn, packetsIn, bytesOut, packetsOut].map(BigInt);
        sql.usage.run(...columns, network, name);
        for (let at = timeMs; at < timeMs + INTERVAL_MS; at += WINDOW_MS) sql.window.run(BigInt(at), BigInt(at), name);
      }
    }
  });
  write.immediate();
  database.close();
}
