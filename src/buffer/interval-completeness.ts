// How complete each billing interval of an interface is, from its windows. What was read is kept for the next contract:
// months of all time zones lie within a day and a bit of each other.

import { completenessOf } from "../model/window.ts";
import { BILLING_INTERVAL_MS, floorTo } from "../model/time.ts";
import type { Database } from "./database.ts";

interface Range {
  readonly startMs: number;
  readonly endMs: number;
}

interface Known extends Range {
  readonly ratios: Float64Array;
}

type WindowRow = readonly [
  startMs: number,
  endMs: number,
  frames: number,
  observedMs: number,
  droppedFrames: number | null,
  interfaceFrames: number | null,
];

/** Time zones reach from 14 hours before UTC to 12 behind it. */
const ZONES_APART_MS = 26 * 3_600_000;
const WINDOWS = `
  SELECT start_ms, end_ms, frames, observed_ms, dropped_frames, interface_frames FROM window
  WHERE interface_id = ? AND start_ms >= ? AND start_ms < ?`;

export class IntervalCompleteness {
  readonly #database: Database;
  readonly #known = new Map<number, Known>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** For each interval of the range the completeness of its windows by their length, 0 to 1; a missing one counts 0. */
  of(interfaceId: number, range: Range): Float64Array {
    const known = this.#covering(interfaceId, range);
    const slot = (timeMs: number): number => (timeMs - known.startMs) / BILLING_INTERVAL_MS;
    return known.ratios.subarray(slot(range.startMs), slot(range.endMs));
  }

  #covering(interfaceId: number, { startMs, endMs }: Range): Known {
    const known = this.#known.get(interfaceId);
    if (known && known.startMs <= startMs && known.endMs >= endMs) return known;
    const wide = {
      startMs: Math.min(startMs - ZONES_APART_MS, known?.startMs ?? startMs),
      endMs: Math.max(endMs + ZONES_APART_MS, known?.endMs ?? endMs),
    };
    const read = { ...wide, ratios: this.#read(interfaceId, wide) };
    this.#known.set(interfaceId, read);
    return read;
  }

  #read(interfaceId: number, { startMs, endMs }: Range): Float64Array {
    const ratios = new Float64Array((endMs - startMs) / BILLING_INTERVAL_MS);
    for (const row of this.#database.prepare(WINDOWS).raw().iterate(interfaceId, startMs, endMs)) {
      const [windowStartMs, windowEndMs, frames, observedMs, droppedFrames, interfaceFrames] = row as WindowRow;
      const lengthMs = windowEndMs - windowStartMs;
      const seen = completenessOf(lengthMs, { frames }, { observedMs, droppedFrames, interfaceFrames });
      const index = (floorTo(windowStartMs, BILLING_INTERVAL_MS) - startMs) / BILLING_INTERVAL_MS;
      ratios[index] = (ratios[index] ?? 0) + (seen * lengthMs) / BILLING_INTERVAL_MS;
    }
    return ratios;
  }
}
