// What capture needs of the agent: somewhere to put windows.

import type { WindowUsage } from "../model/window.ts";

export interface WindowSink {
  /**
   * Takes a window that can no longer change. Resolves to true when it is on disk: only then may its source forget it.
   * False: the ledger did not take it. A window that has a source is to be offered again, before any later one.
   */
  closed(window: WindowUsage): Promise<boolean>;
  /** Takes a part of a window of which more may follow, after a restart or from another source. Resolves as above. */
  open(window: WindowUsage): Promise<boolean>;
}
