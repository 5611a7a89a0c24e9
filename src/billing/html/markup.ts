// Markup that cannot be injected into: a tagged template that escapes whatever is put in, unless it is markup itself.
// The same escapes hold in HTML and in SVG inside it, in text and in quoted attributes; never put a value elsewhere.

import { visibleText } from "./visible-text.ts";

/** Made by `markup` alone: nothing that is read from outside can pass for it. */
export class Markup {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

/** What may stand in a template; `null` and `false` are nothing. */
export type Content = Markup | string | number | bigint | null | false | readonly Content[];

/** Markup of a template; values are shown as `visibleText` has them, and escaped. */
export function markup(strings: TemplateStringsArray, ...values: readonly Content[]): Markup {
  let text = strings[0] ?? "";
  for (const [index, value] of values.entries()) text += rendered(value) + (strings[index + 1] ?? "");
  return new Markup(text);
}

/** The lines of `text` as they are: the only line feeds of others that stay line feeds. */
export function preformatted(text: string): Markup {
  return new Markup(text.split("\n").map(escaped).join("\n"));
}

function rendered(value: Content): string {
  if (value instanceof Markup) return value.toString();
  if (value === null || value === false) return "";
  if (typeof value === "object") return value.map(rendered).join("");
  return escaped(String(value));
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escaped(text: string): string {
  return visibleText(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}
