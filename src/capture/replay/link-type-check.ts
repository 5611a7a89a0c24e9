// Refuses packets of a link type that the decoder does not know: to count them as non-IP would lose bytes silently.

import { isSupportedLinkType } from "../link-types.ts";
import type { ByteWindow } from "./byte-window.ts";

/** Throws a CaptureFileError, naming index `at`, unless the decoder knows `linkType`. */
export function checkLinkType(window: ByteWindow, at: number, linkType: number): void {
  if (isSupportedLinkType(linkType)) return;
  throw window.errorAt(
    at,
    `link type ${linkType} cannot be accounted; capture on an Ethernet, raw IP or PPP interface`,
  );
}
