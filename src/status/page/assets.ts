// What the pages fetch, as text: no build step, no other file. And what they may do.

import { PAGE_SCRIPT } from "./page-script.ts";
import { PAGE_STYLE } from "./page-style.ts";

export interface Asset {
  /** Content-Type. */
  readonly type: string;
  readonly body: string;
}

/** By path. */
export const ASSETS: ReadonlyMap<string, Asset> = new Map([
  ["/status.css", { type: "text/css; charset=utf-8", body: PAGE_STYLE }],
  ["/status.js", { type: "text/javascript; charset=utf-8", body: PAGE_SCRIPT }],
]);

/** The Content-Security-Policy of the pages. Images: the tab's icon alone, which is drawn in its address. */
export const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");
