// A page as a document: head, navigation, the state and what the page is about. Without scripts it reloads itself; with
// them /status.js replaces the content of <main>.

import { type Content, markup } from "../../billing/html/markup.ts";
import { visibleText } from "../../billing/html/visible-text.ts";
import { LEVEL_WORDS } from "./banner.ts";
import { stateIcon } from "./state-icon.ts";
import { stateOf } from "./state.ts";
import type { View } from "./view.ts";
import { clockTime } from "./when.ts";

export interface Page {
  readonly view: View;
  /** What it is about; null for the front page. */
  readonly title: string | null;
  readonly main: Content;
}

const PLACES = [
  ["/", "Status"],
  ["/networks", "Networks"],
  ["/customers", "Customers"],
] as const;

/** Whole HTML. It fetches /status.css and /status.js, and holds no script and no style of its own. */
export function pageDocument({ view: { status }, title, main }: Page): string {
  const { level } = stateOf(status);
  const about = title === null ? status.instance : `${title} · ${status.instance}`;
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="acct-agent ${status.version}">
<meta name="format-detection" content="telephone=no">
<meta name="robots" content="noindex">
<meta name="referrer" content="no-referrer">
<title>${LEVEL_WORDS[level]}: ${visibleText(about)} · acct-agent</title>
<link rel="icon" href="${stateIcon(level)}">
<link rel="stylesheet" href="/status.css">
<script src="/status.js" defer></script>
<noscript><meta http-equiv="refresh" content="10"></noscript>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header>
<p class="brand"><a href="/">acct-agent</a></p>
<nav aria-label="Pages"><ul>${PLACES.map(([path, name]) => markup`<li><a href="${path}">${name}</a></li>`)}</ul></nav>
<nav class="raw" aria-label="For programs"><ul><li><a href="/api/status">status.json</a></li><li><a href="/api/usage">usage.json</a></li><li><a href="/metrics">metrics</a></li></ul></nav>
</header>
<p id="stale" role="status" hidden></p>
<main id="main" tabindex="-1" data-time="${clockTime(status.time, status.time)}">
${main}
</main>
<footer><p>All times are UTC. 1 Mbps is 1,000,000 bits a second; kB, MB, GB and TB are powers of 1,000. Bytes are those of the configured layer; rates now are of IP bytes.</p></footer>
</body>
</html>
`.toString();
}
