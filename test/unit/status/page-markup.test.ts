import { describe, expect, it } from "vitest";
import { ASSETS, PAGE_POLICY } from "../../../src/status/page/assets.ts";
import { statusPage } from "../../../src/status/page/status-page.ts";
import { hosterPages } from "../../support/status-fixture-pages.ts";
import { crowd, HOSTILE_NAMES, hostilePages } from "../../support/status-hostile.ts";

const FRONT_PAGE_MAX_BYTES = 250_000;

const pages = [...hosterPages(), ...hostilePages()].map(([path, page]): [string, string] => [path, page()]);

describe("every page", () => {
  it.each(pages)("holds no script, style or handler of its own: %s", (_, page) => {
    expect(page.match(/<script[^>]*>/g)).toEqual(['<script src="/status.js" defer>']);
    // Values are escaped, so whatever looks like an attribute is one.
    const tags = page.match(/<[a-z][^<>]*>/gi) ?? [];
    expect(tags.filter((tag) => /\s(style|on[a-z]+)\s*=/i.test(withoutValues(tag)))).toEqual([]);
    expect(page).not.toMatch(/<style|<img|<iframe|<form|javascript:/i);
    const fetched = [...page.matchAll(/<(?:link|script)[^>]*?\s(?:href|src)="([^"]*)"/g)].map(([, url]) => url);
    expect(fetched.filter((url) => !url?.startsWith("data:image/svg+xml,"))).toEqual(["/status.css", "/status.js"]);
  });

  it.each(pages)("has unique ids, and what refers to them: %s", (_, page) => {
    const ids = [...page.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id ?? "");
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => !/^[a-z][-a-z0-9]*$/.test(id))).toEqual([]);
    const references = [...page.matchAll(/\saria-labelledby="([^"]*)"/g)].flatMap(([, list]) => list?.split(" ") ?? []);
    expect(references.filter((id) => !ids.includes(id))).toEqual([]);
  });

  it.each(pages)("has one first heading, headings in order, and heads with a scope: %s", (_, page) => {
    const levels = [...page.matchAll(/<h([1-6])[ >]/g)].map(([, level]) => Number(level));
    expect(levels[0]).toBe(1);
    expect(levels.filter((level) => level === 1)).toHaveLength(1);
    expect(levels.every((level, index) => level - (levels[index - 1] ?? 1) <= 1)).toBe(true);
    expect(page.match(/<th(?![^>]*scope=)[ >]/g)).toBeNull();
    expect(page.match(/<table/g)?.length).toBe(page.match(/<caption/g)?.length);
  });

  it("shows names of others as text", () => {
    for (const [, page] of hostilePages()) {
      expect(page()).not.toMatch(/<script>|<b>bold|onerror="/);
      expect(page()).toContain("&lt;script&gt;");
    }
    const front = statusPage(crowd(HOSTILE_NAMES.length));
    expect(front).toContain("[U+202E]");
    expect(front).toContain('href="/customers/%3Cscript%3E');
  });
});

function withoutValues(tag: string): string {
  return tag.replaceAll(/"[^"]*"/g, '""');
}

describe("the front page of a thousand", () => {
  it("stays small, and links to all of them", () => {
    const page = statusPage(crowd(1000));
    expect(Buffer.byteLength(page)).toBeLessThan(FRONT_PAGE_MAX_BYTES);
    expect(page).toContain('<a href="/networks">All 1,000 networks</a>');
    expect(page).toContain('<a href="/customers">All 1,000 bills</a>');
    expect(page.match(/<tr id="networks-/g)).toHaveLength(30);
    expect(page.match(/<tr id="customers-/g)).toHaveLength(30);
  });
});

describe("what the pages fetch", () => {
  it("is a style sheet that fetches nothing, and a script that is one", () => {
    const style = ASSETS.get("/status.css");
    expect(style?.type).toBe("text/css; charset=utf-8");
    expect(style?.body).not.toMatch(/url\(|@import/);
    const script = ASSETS.get("/status.js");
    expect(script?.type).toBe("text/javascript; charset=utf-8");
    expect(script?.body).not.toMatch(/innerHTML|eval|document\.write/);
  });

  it("is all that the policy allows", () => {
    expect(PAGE_POLICY).not.toMatch(/unsafe|\*/);
    expect(PAGE_POLICY.split("; ")).toContain("default-src 'none'");
  });
});
