// A state in a table: a small shape and a word.

import { markup, type Markup } from "../../billing/html/markup.ts";
import { shape } from "./banner.ts";
import type { Level } from "./state.ts";

export function badge(level: Level, word: string): Markup {
  return markup`<span class="badge ${level}">${shape(level)}${word}</span>`;
}
