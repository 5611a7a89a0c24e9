// The pages of the ledger's file: how many hold something, and when free ones go back to the file system.

import type { Database } from "./database.ts";

/** Left in the file: the next windows fill them anyway. */
const MARGIN_BYTES = 64 * 2 ** 20;
/** Given back at a time: 0.2 s on a slow disk, during which the ledger does nothing else. */
const STEP_BYTES = 16 * 2 ** 20;

/** Bytes of the ledger that hold something. */
export function usedBytes(database: Database): number {
  return (pragma(database, "page_count") - pragma(database, "freelist_count")) * pragma(database, "page_size");
}

/**
 * Gives the file system back some of what a delivered backlog took; called after each window, until only what the next
 * windows need is free. A ledger made before auto_vacuum keeps its size: its free pages are used again all the same.
 */
export function giveBack(database: Database, marginBytes = MARGIN_BYTES): void {
  const pageBytes = pragma(database, "page_size");
  const spare = pragma(database, "freelist_count") - Math.ceil(marginBytes / pageBytes);
  if (spare > 0) database.pragma(`incremental_vacuum(${Math.min(spare, STEP_BYTES / pageBytes)})`);
}

function pragma(database: Database, name: string): number {
  return Number(database.pragma(name, { simple: true }));
}
