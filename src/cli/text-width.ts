// How many columns of a terminal text takes, and text cut or filled to so many. For text without controls (`harmless`).

/** Unicode Standard Annex 11: what terminals draw two columns wide, by script; and emoji. */
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6\p{Emoji_Presentation}]/u;
/** Drawn on top of the character before. */
const COMBINING = /\p{M}/u;
const ASCII = /^[\x20-\x7e]*$/;

/** Columns that the text takes. */
export function textWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let columns = 0;
  for (const character of text) columns += characterWidth(character);
  return columns;
}

/** The text's beginning, as far as it fits into so many columns. */
export function cutToWidth(text: string, columns: number): string {
  if (ASCII.test(text)) return text.slice(0, Math.max(0, columns));
  let [cut, used] = ["", 0];
  for (const character of text) {
    used += characterWidth(character);
    if (used > columns) break;
    cut += character;
  }
  return cut;
}

/** Filled with blanks: behind the text, or before it. */
export function fillToWidth(text: string, columns: number, side: "left" | "right"): string {
  const blanks = " ".repeat(Math.max(0, columns - textWidth(text)));
  return side === "left" ? `${text}${blanks}` : `${blanks}${text}`;
}

function characterWidth(character: string): number {
  if (COMBINING.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}
