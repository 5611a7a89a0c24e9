import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isVisible, visibleJson, visibleText } from "../../../../src/billing/html/visible-text.ts";

const anyText = fc.string({ unit: "binary" });

describe("visibleText", () => {
  it.each([
    ["a right-to-left override", "evil\u202Etxt", "evil[U+202E]txt"],
    ["isolates", "\u2067a\u2069", "[U+2067]a[U+2069]"],
    ["controls and line breaks", "a\u0000\n\tb\u0085", "a[U+0000][U+000A][U+0009]b[U+0085]"],
    ["what has no width", "Ac\u200Bme\uFEFF\u00AD", "Ac[U+200B]me[U+FEFF][U+00AD]"],
    ["tags", "a\u{E0041}", "a[U+E0041]"],
    ["half a surrogate pair", "a\uD800b", "a[U+D800]b"],
  ])("shows %s as its code point", (_, text, shown) => {
    expect(visibleText(text)).toBe(shown);
    expect(isVisible(text)).toBe(false);
  });

  it.each(["Weiß & Söhne", "株式会社", "شرکت نمونه\u200Cها", "חברה", "👩\u200D🚀 Ltd", "<script>'\""])(
    "leaves %s as it is",
    (text) => {
      expect(visibleText(text)).toBe(text);
      expect(isVisible(text)).toBe(true);
    },
  );

  it("is visible, well formed and the same when it is shown again, whatever the text", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const shown = visibleText(text);
        expect(isVisible(shown)).toBe(true);
        expect(visibleText(shown)).toBe(shown);
        expect(Buffer.from(shown).toString()).toBe(shown);
      }),
    );
  });
});

describe("visibleJson", () => {
  it("escapes what cannot be seen, and reads back as it was", () => {
    expect(visibleJson({ a: "x\u202Ey\u{E0041}" })).toBe('{\n  "a": "x\\u202ey\\udb40\\udc41"\n}');
    fc.assert(
      fc.property(anyText, (text) => {
        const json = visibleJson({ customer: text });
        expect(JSON.parse(json)).toEqual({ customer: text });
        expect(json.split("\n").every(isVisible)).toBe(true);
      }),
    );
  });
});
