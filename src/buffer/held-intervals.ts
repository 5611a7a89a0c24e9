// The usage of windows that a stop left open: on disk, but in no interval's row before the next start closes them.

import { BILLING_INTERVAL_MS } from "../model/time.ts";
import type { Database } from "./database.ts";

interface HeldRow {
  readonly networkId: number;
  readonly interfaceId: number;
  readonly startMs: number;
  readonly bytesIn: number;
  readonly packetsIn: number;
  readonly bytesOut: number;
  readonly packetsOut: number;
}

/** Columns of the same length, ascending by start. */
interface Columns {
  readonly startsMs: Float64Array;
  readonly bytesIn: Float64Array;
  readonly bytesOut: Float64Array;
}

interface HeldKey {
  readonly networkId: number;
  readonly interfaceId: number;
  readonly overheadPerPacket: number;
}

export interface HeldIntervals {
  /** Adds what is held of a series to its intervals, which are there since the hold. */
  addTo(columns: Columns, key: HeldKey): void;
}

const HELD = `
  SELECT network_id AS networkId, interface_id AS interfaceId, start_ms - start_ms % ${BILLING_INTERVAL_MS} AS startMs,
    sum(bytes_in) AS bytesIn, sum(packets_in) AS packetsIn, sum(bytes_out) AS bytesOut, sum(packets_out) AS packetsOut
  FROM held_usage GROUP BY 1, 2, 3`;

export function heldIntervals(database: Database): HeldIntervals {
  const rows = database.prepare(HELD).all() as HeldRow[];
  return {
    addTo({ startsMs, bytesIn, bytesOut }, { networkId, interfaceId, overheadPerPacket }) {
      for (const row of rows) {
        if (row.networkId !== networkId || row.interfaceId !== interfaceId) continue;
        const index = startsMs.indexOf(row.startMs);
        if (index === -1) continue;
        bytesIn[index] = (bytesIn[index] ?? 0) + row.bytesIn + row.packetsIn * overheadPerPacket;
        bytesOut[index] = (bytesOut[index] ?? 0) + row.bytesOut + row.packetsOut * overheadPerPacket;
      }
    },
  };
}
