// Tells a window that is incomplete because counting began in it from one that missed something.

import type { InterfaceStatus, Status } from "./status.ts";

/** Whether the interface's last window is incomplete and had begun before the agent was started. */
export function isFirstWindow(
  { started, window_seconds }: Pick<Status, "started" | "window_seconds">,
  { last_window_end: end, completeness }: Pick<InterfaceStatus, "last_window_end" | "completeness">,
): boolean {
  const isCut = completeness !== null && completeness < 1;
  return isCut && end !== null && Date.parse(end) - window_seconds * 1000 < Date.parse(started);
}
