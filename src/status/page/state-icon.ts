// The state as the icon of a browser's tab.

import type { Level } from "./state.ts";

const DRAWINGS: Readonly<Record<Level, string>> = {
  ok: `<circle cx="8" cy="8" r="8" fill="#17803f"/><path d="M4 8.5l3 3 5-6" fill="none" stroke="#fff" stroke-width="2"/>`,
  starting: `<circle cx="8" cy="8" r="6.5" fill="#fff" stroke="#525c68" stroke-width="2"/>`,
  attention: `<path d="M8 0l8 16H0Z" fill="#f2b600"/><path d="M8 6v5M8 12.5v1.5" stroke="#1a1400" stroke-width="2"/>`,
  fault: `<path d="M5 0h6l5 5v6l-5 5H5l-5-5V5Z" fill="#b3261e"/><path d="M5 5l6 6M11 5l-6 6" stroke="#fff" stroke-width="2"/>`,
};

/** A `data:` address of an SVG drawing. */
export function stateIcon(level: Level): string {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">${DRAWINGS[level]}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
