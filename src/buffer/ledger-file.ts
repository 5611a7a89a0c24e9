// The ledger's files as they were opened. SQLite goes on writing into a file that was deleted or unmounted, which nobody
// would ever find: a commit looks first.

import { type BigIntStats, statSync } from "node:fs";
import { dirname } from "node:path";
import { FinalLedgerError, LedgerError, ledgerError } from "./database.ts";

interface OpenFile {
  readonly path: string;
  readonly opened: BigIntStats;
}

export class LedgerFile {
  readonly path: string;
  readonly #files: readonly OpenFile[];

  /** `path` is open, and so is its journal. */
  constructor(path: string) {
    this.path = path;
    this.#files = [path, `${path}-wal`].flatMap((file) => {
      const opened = stat(file);
      return opened === null ? [] : [{ path: file, opened }];
    });
  }

  /**
   * Throws FinalLedgerError where the open files are no longer those at their paths, and LedgerError where their file
   * system is not mounted there now: it may come back.
   */
  verify(): void {
    for (const { path, opened } of this.#files) {
      const found = stat(path);
      if (found?.ino === opened.ino && found.dev === opened.dev) continue;
      if (found !== null)
        throw new FinalLedgerError(`${path}: another file took its place while the agent ran; ${FIX}`);
      if (deviceOf(dirname(path)) !== opened.dev) throw new LedgerError(`${path}: ${UNMOUNTED}`);
      throw new FinalLedgerError(`${path}: was deleted or moved while the agent ran; ${FIX}`);
    }
  }
}

const FIX = "put it back before the next start, which makes an empty ledger otherwise";
const UNMOUNTED = "its file system is not mounted there any more; mount it again, windows wait until then";

/** Null where there is no such file. */
function stat(path: string): BigIntStats | null {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false }) ?? null;
  } catch (error) {
    throw ledgerError(path, error, "reach");
  }
}

/** The file system of the nearest folder that is there. */
function deviceOf(folder: string): bigint {
  return stat(folder)?.dev ?? deviceOf(dirname(folder));
}
