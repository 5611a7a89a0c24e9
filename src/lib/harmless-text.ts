// Foreign text for a terminal, rid of what could steer it.

/** Controls, and what hides or reorders text (Unicode categories Cc, Cf, Zl, Zp, lone surrogates), as `\u{...}`. */
export function harmless(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (character) => {
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  });
}
