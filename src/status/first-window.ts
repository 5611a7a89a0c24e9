// Tells a window that is incomplete because counting began in it from one that missed something.

import type { InterfaceStatus, Status } from "./status.ts";

/** Whether the interface's last window had begun before the agent was started. */
export function isFirstWindow(
  { started, window_seconds }: Pick<Status, "started" | "window_seconds">,
  { last_window_end: end }: Pick<InterfaceStatus, "last_window_end">,
): boolean {
  return end !== null && Date.parse(end) - window_seconds * 1000 < Date.parse(started);
}
