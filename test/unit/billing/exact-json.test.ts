import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { equalJson, jsonLine, parseExactJson } from "../../../src/billing/exact-json.ts";

describe("exact JSON", () => {
  it("keeps integers beyond 2^53, and what looks like one in a string", () => {
    const text =
      '{"a": 9007199254740993, "b": [-9007199254740993, 1.5], "c": "x 9007199254740993 \\" 9007199254740993"}';
    expect(parseExactJson(text)).toEqual({
      a: 9_007_199_254_740_993n,
      b: [-9_007_199_254_740_993n, 1.5],
      c: 'x 9007199254740993 " 9007199254740993',
    });
  });

  it("is what JSON.parse makes of everything else", () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const text = JSON.stringify(value);
        fc.pre(!/\d{16}/.test(text));
        expect(parseExactJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it("refuses what is no JSON", () => {
    for (const text of ["", "{", '{"a": 0x1}', '"\\u0000exact integer x"']) {
      expect(() => parseExactJson(text)).toThrow(SyntaxError);
    }
  });

  it("compares values, not the order of keys", () => {
    expect(equalJson({ a: 1, b: [null, "x"] }, { b: [null, "x"], a: 1 })).toBe(true);
    expect(equalJson(9_007_199_254_740_993n, 9_007_199_254_740_992n)).toBe(false);
    expect(equalJson(undefined, null)).toBe(false);
    expect(jsonLine({ b: 9_007_199_254_740_993n, a: "\n" })).toBe('{"a":"\\n","b":9007199254740993}');
  });
});
