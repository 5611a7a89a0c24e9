// What the ledger says of each interface's newest window, from which an agent that starts tells what it missed.

import type { Database } from "./database.ts";

export interface LastWindow {
  readonly interface: string;
  readonly startMs: number;
  readonly endMs: number;
  /** 1 where it is closed, 0 where a stop left it open. */
  readonly closed: number;
  readonly frames: number;
  readonly observedMs: number;
  readonly droppedFrames: number | null;
  readonly interfaceFrames: number | null;
}

const SQL = `
  SELECT i.name AS interface, w.start_ms AS startMs, w.end_ms AS endMs, w.closed, w.frames, w.observed_ms AS observedMs,
    w.dropped_frames AS droppedFrames, w.interface_frames AS interfaceFrames
  FROM interface i JOIN window w ON w.interface_id = i.id
  WHERE w.start_ms = (SELECT max(start_ms) FROM window c WHERE c.interface_id = i.id)
  ORDER BY i.name`;

/** The newest window of every interface that ever had one. */
export function lastWindows(database: Database): readonly LastWindow[] {
  return database.prepare(SQL).all() as LastWindow[];
}
