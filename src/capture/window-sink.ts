// What capture needs of the agent: somewhere to put windows.

import type { WindowUsage } from "../model/window.ts";

export interface WindowSink {
  /** Takes a window that can no longer change. Resolves when it is on disk: only then may capture forget it. */
  closed(window: WindowUsage): Promise<void>;
  /** Takes a window that ends early because capture stops; more of it may follow after a restart. Resolves as above. */
  open(window: WindowUsage): Promise<void>;
}
