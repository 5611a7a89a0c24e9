// Text of others made harmless to look at: what is invisible or turns the reading order is shown as its code point, so
// that a name can neither hide a part of itself nor rearrange the figures next to it.

/**
 * Controls, line and paragraph separators, directional marks, embeddings, overrides and isolates (UAX #9), zero-width
 * characters but for the joiners that Persian and Indic scripts need, tags, and halves of surrogate pairs.
 */
const UNSEEN =
  /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffc\ufffe\uffff\u{e0000}-\u{e0fff}]|\u034f|\u17b4|\u17b5/gu;

/** `text` with everything that cannot be seen as `[U+202E]`; a well-formed string. */
export function visibleText(text: string): string {
  return text.replace(UNSEEN, (character) => `[${codePoint(character)}]`);
}

/** Whether `visibleText` would show all of `text` as it is. */
export function isVisible(text: string): boolean {
  return text.search(UNSEEN) === -1;
}

/** A value as JSON, indented, in ASCII but for letters that can be seen: the rest as `\u` escapes, which JSON reads back. */
export function visibleJson(value: unknown): string {
  const lines = JSON.stringify(value, null, 2).split("\n");
  return lines.map((line) => line.replace(UNSEEN, jsonEscape)).join("\n");
}

function codePoint(character: string): string {
  const hex = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
  return `U+${hex.padStart(4, "0")}`;
}

function jsonEscape(character: string): string {
  return Array.from({ length: character.length }, (_, index) => {
    return `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`;
  }).join("");
}
