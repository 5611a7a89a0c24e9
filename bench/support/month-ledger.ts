// A ledger with a month of billing intervals of many networks, each a customer's, as an agent would have left it.

import { openDatabase } from "../../src/buffer/database.ts";

export interface MonthShape {
  readonly networks: number;
  readonly startMs: number;
  readonly intervals: number;
}

const INTERVAL_MS = 300_000;
const WINDOW_MS = 60_000;
const INSERT_CACHE_KIB = 65_536;

/** Rates of up to a Gbps, different in each interval; packets of some 700 bytes. */
export function writeMonthLedger(stateDir: string, { networks, startMs, intervals }: MonthShape): void {
  const database = openDatabase(stateDir);
  database.pragma("synchronous = OFF");
  database.pragma(`cache_size = -${INSERT_CACHE_KIB}`);
  const upTo = (count: number): string =>
    `WITH RECURSIVE i (at) AS (SELECT 0 UNION ALL SELECT at + 1 FROM i WHERE at < ${count - 1})`;
  const write = database.transaction(() => {
    database.exec("INSERT INTO interface (id, name) VALUES (1, 'eth0')");
    database.exec(`${upTo(networks)} INSERT INTO network (id, name, labels, bill_by)
      SELECT at + 1, 'network-' || at, json_object('customer', 'customer-' || at), 'network' FROM i`);
    database.exec(`${upTo(intervals)} INSERT INTO interval SELECT 1, ${startMs} + at * ${INTERVAL_MS}, 1 FROM i`);
    database.exec(`${upTo(intervals)} INSERT INTO interval_usage
      SELECT network.id, 1, ${startMs} + at * ${INTERVAL_MS},
        700 * (1000000 + (at * 7919 + network.id * 104729) % 40000003), 1000000 + (at * 7919 + network.id * 104729) % 40000003,
        700 * (2000000 + (at * 6007 + network.id * 15485863) % 30000001), 2000000 + (at * 6007 + network.id * 15485863) % 30000001, 1
      FROM network CROSS JOIN i ORDER BY network.id, at`);
    const windows = (intervals * INTERVAL_MS) / WINDOW_MS;
    database.exec(`${upTo(windows)} INSERT INTO window
      SELECT 1, ${startMs} + at * ${WINDOW_MS}, ${startMs} + (at + 1) * ${WINDOW_MS}, 1, ${WINDOW_MS}, 0, 10, 10, 10, 7000,
        0, 0, 0, 0, 0, 0, 0, 0, 0 FROM i`);
  });
  write.immediate();
  database.close();
}
