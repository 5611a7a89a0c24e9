import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { markup, preformatted } from "../../../../src/billing/html/markup.ts";

describe("markup", () => {
  it("escapes text, joins lists and leaves out what is not there", () => {
    const items = ["<a>", 'b"', "c'&"].map((text) => markup`<li>${text}</li>`);
    const list = "<li>&lt;a&gt;</li><li>b&quot;</li><li>c&#39;&amp;</li>";
    expect(String(markup`<ul>${items}${null}${false}</ul>${0}${5n}`)).toBe(`<ul>${list}</ul>05`);
  });

  it("shows line feeds of values, and keeps those of preformatted text", () => {
    expect(String(markup`<p>${"a\nb"}</p>`)).toBe("<p>a[U+000A]b</p>");
    expect(String(markup`<pre>${preformatted("a\n<b>\u202e")}</pre>`)).toBe("<pre>a\n&lt;b&gt;[U+202E]</pre>");
  });

  it("is nothing but text for any value, in text and in attributes", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("<", ">", '"', "'", "&", ";", "amp", "\n", "\u202e", "a") }),
        (text) => {
          expect(String(markup`${text}`)).not.toMatch(/[<>"']|&(?!(amp|lt|gt|quot|#39);)/);
        },
      ),
    );
  });

  it("takes only its own for markup", () => {
    expect(String(markup`${markup`<b>`}${"<b>"}`)).toBe("<b>&lt;b&gt;");
  });
});
