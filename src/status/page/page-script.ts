// The script of the pages, plain JavaScript: it keeps a page up to date in place. Elements stay where they are the same,
// so that focus, selection, scroll positions and what was opened stay too; rows are told by their ids.

/** /status.js. */
export const PAGE_SCRIPT = String.raw`"use strict";
(() => {
  const PERIOD_MS = 10000;
  const PATIENCE_MS = 8000;
  const stale = document.getElementById("stale");
  let timer = 0;
  let isBusy = false;

  async function refresh() {
    if (isBusy) return;
    isBusy = true;
    try {
      show(await load());
      say("");
    } catch (error) {
      const why = error instanceof Answer ? error.message : "the agent does not answer";
      say("Not updated since " + document.querySelector("main").dataset.time + " UTC: " + why + ".");
    }
    isBusy = false;
    schedule();
  }

  class Answer extends Error {}

  async function load() {
    const answer = await fetch(location.href, {
      cache: "no-store",
      redirect: "error",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (!answer.ok) throw new Answer("the agent answers " + answer.status);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (fresh.querySelector("main[data-time]") === null) throw new Answer("what answers is not the agent");
    return fresh;
  }

  function show(fresh) {
    const generator = (page) => page.querySelector("meta[name=generator]")?.content;
    // Another version may need another style sheet and script.
    if (generator(fresh) !== generator(document)) return location.reload();
    const keep = remember();
    morph(document.querySelector("main"), fresh.querySelector("main"));
    keep();
    if (document.title !== fresh.title) document.title = fresh.title;
    const icon = (page) => page.querySelector("link[rel=icon]");
    if (icon(document).href !== icon(fresh).href) icon(document).href = icon(fresh).href;
  }

  function say(text) {
    document.documentElement.classList.toggle("stale", text !== "");
    stale.hidden = text === "";
    if (stale.textContent !== text) stale.textContent = text;
  }

  /** Moving an element takes its focus, changing a text the selection's place in it. */
  function remember() {
    const focused = document.activeElement;
    const { anchorNode, anchorOffset, focusNode, focusOffset, isCollapsed } = getSelection();
    return () => {
      if (focused !== document.activeElement) {
        const place = focused.isConnected ? focused : focused.id && document.getElementById(focused.id);
        if (place) place.focus({ preventScroll: true });
      }
      if (isCollapsed || !anchorNode?.isConnected || !focusNode?.isConnected) return;
      const now = getSelection();
      if (now.anchorNode === anchorNode && now.anchorOffset === anchorOffset && now.focusOffset === focusOffset) return;
      const within = (node, offset) => Math.min(offset, node.data?.length ?? node.childNodes.length);
      now.setBaseAndExtent(anchorNode, within(anchorNode, anchorOffset), focusNode, within(focusNode, focusOffset));
    };
  }

  function morph(old, fresh) {
    for (const name of old.getAttributeNames()) {
      if (!fresh.hasAttribute(name) && !isReaders(old, name)) old.removeAttribute(name);
    }
    for (const name of fresh.getAttributeNames()) {
      if (!isReaders(old, name) && old.getAttribute(name) !== fresh.getAttribute(name)) {
        old.setAttribute(name, fresh.getAttribute(name));
      }
    }
    morphChildren(old, fresh);
  }

  /** What the reader has opened stays open. */
  function isReaders(element, name) {
    return element.localName === "details" && name === "open";
  }

  function morphChildren(old, fresh) {
    const known = new Map([...old.children].filter((child) => child.id).map((child) => [child.id, child]));
    let at = old.firstChild;
    for (const next of [...fresh.childNodes]) {
      const match = matchOf(next, at, known);
      if (match === null) {
        old.insertBefore(document.adoptNode(next), at);
        continue;
      }
      if (match === at) at = at.nextSibling;
      else old.insertBefore(match, at);
      if (match.nodeType === Node.ELEMENT_NODE) morph(match, next);
      else if (match.data !== next.data) match.data = next.data;
    }
    while (at !== null) {
      const following = at.nextSibling;
      at.remove();
      at = following;
    }
  }

  function matchOf(next, at, known) {
    const match = next.id ? known.get(next.id) : at?.id ? null : at;
    return match && match.nodeName === next.nodeName ? match : null;
  }

  function schedule() {
    clearTimeout(timer);
    if (document.visibilityState === "visible") timer = setTimeout(refresh, PERIOD_MS);
  }

  function look() {
    clearTimeout(timer);
    if (document.visibilityState === "visible") refresh();
  }

  document.addEventListener("visibilitychange", look);
  addEventListener("online", look);
  schedule();
})();
`;
