import { readFileSync } from "node:fs";
import { parse } from "smol-toml";
import { describe, expect, it } from "vitest";

import { renderExample, renderReference } from "../../../src/config/reference.ts";
import { schema } from "../../../src/config/schema.ts";
import { keysOf, type SchemaKey } from "../../../src/config/schema-walk.ts";
import { problemsOf } from "./load.ts";

const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
const allKeys = (keys: readonly SchemaKey[]): SchemaKey[] =>
  keys.flatMap((key) => [key].concat(allKeys(keysOf(key.schema))));
const KEYS = allKeys(keysOf(schema));

describe("generated files", () => {
  it("agent.toml.example is what the schema says; otherwise run npm run generate", () => {
    expect(read("agent.toml.example")).toBe(renderExample());
  });

  it("docs/configuration.md is what the schema says; otherwise run npm run generate", () => {
    expect(read("docs/configuration.md")).toBe(renderReference());
  });

  it("the example is valid with each commented key put in alone", () => {
    const lines = renderExample().split("\n");
    const commented = lines.flatMap((line, index) =>
      // Files are not there, no_proxy needs proxy_url, rounding needs round_mbps, and tiers another pricing.
      /^# (?!no_proxy|rounding|tiers)\w+ = /.test(line) && !line.includes("_file") ? [index] : [],
    );
    const inSection = commented.filter((index) => !lastHeader(lines, index).startsWith("# "));
    expect(inSection.length).toBeGreaterThan(2);
    for (const index of inSection) {
      expect(problemsOf(lines.with(index, lines[index]?.slice(2) ?? "").join("\n"))).toEqual([]);
    }
  });
});

describe("the schema", () => {
  it("documents every key and every section, and nothing twice", () => {
    expect(KEYS.filter((key) => (key.doc === undefined) === (key.section === undefined))).toEqual([]);
  });

  it.each(KEYS.flatMap(({ name, doc }) => (doc === undefined ? [] : [[name, doc.example] as const])))(
    "has an example of %s that is TOML: %s",
    (name, example) => {
      expect(Object.keys(parse(`${name} = ${example}`))).toEqual([name]);
    },
  );
});

function lastHeader(lines: readonly string[], before: number): string {
  return lines.slice(0, before).findLast((line) => /^(# )?\[/.test(line)) ?? "";
}
