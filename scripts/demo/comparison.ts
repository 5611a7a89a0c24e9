// What was sent against what the ledger and Prometheus have of it, to the byte.

import { renderTable } from "../../src/cli/table.ts";
import { ledgerUsage } from "../../test/support/ledger-rows.ts";
import { CUSTOMERS, DIRECTIONS } from "./customers.ts";
import type { Prometheus } from "./prometheus.ts";
import { volumeKey, type Volumes, volumesBy } from "./volumes.ts";

/** Of a column of bytes. */
const WIDTH = 15;

export interface Comparison {
  readonly text: string;
  readonly isEqual: boolean;
}

/** What the counters of all addresses of each customer's network stand at in the ledger, in windows that are closed. */
export function ledgerVolumes(stateDir: string): Volumes {
  const rows = ledgerUsage(stateDir);
  return volumesBy((customer, direction) =>
    rows
      .filter(({ network }) => network === `${customer}-net`)
      .reduce((sum, { bytesIn, bytesOut }) => sum + (direction === "in" ? bytesIn : bytesOut), 0),
  );
}

/** The same from the pushed counters. */
export async function prometheusVolumes(prometheus: Prometheus): Promise<Volumes> {
  const rows = await prometheus.query("sum by (customer, direction) (last_over_time(acct_bytes_total[1h]))");
  return volumesBy(
    (customer, direction) =>
      rows.find(({ labels }) => labels["customer"] === customer && labels["direction"] === direction)?.value ?? 0,
  );
}

/** A table with a row for each customer and direction. */
export function compareVolumes(sent: Volumes, ledger: Volumes, pushed: Volumes): Comparison {
  const keys = CUSTOMERS.flatMap(({ name }) => DIRECTIONS.map((direction) => volumeKey(name, direction)));
  const compared = keys.map((key) => {
    const values = [sent, ledger, pushed].map((volumes) => volumes.get(key) ?? 0);
    return { key, values, isEqual: values.every((value) => value === values[0]) };
  });
  const rows = compared.map(({ key, values, isEqual }) => [
    ...key.split(" "),
    ...values.map((bytes) => String(bytes).padStart(WIDTH)),
    isEqual ? "equal" : "DIFFERENT",
  ]);
  const header = ["CUSTOMER", "DIRECTION", ...["SENT", "LEDGER", "PROMETHEUS"].map((name) => name.padStart(WIDTH)), ""];
  return { text: renderTable(header, rows), isEqual: compared.every(({ isEqual }) => isEqual) };
}
